import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeHeaders } from "../../../src/frontends/http2/hpack/encoder.ts";
import { flag, frameType, preface, setting } from "../../../src/frontends/http2/protocol.ts";
import {
  endings,
  frame,
  greeting,
  Http2Peer,
  headersFrame,
  requestFields,
  type SeenRequest,
  settingOf,
  smallLimits,
  uint32,
} from "../../support/http2-peer.ts";

const nothing = new Uint8Array(0);
const head = encodeHeaders([[":status", "200"]]);
const trailers = encodeHeaders([["grpc-status", "0"]]);

function answerWith(body: Buffer) {
  return ({ stream }: SeenRequest) => {
    stream.respond(head);
    stream.send(nothing, body);
    stream.end(trailers);
  };
}

describe("a call", () => {
  test("is answered by a head, a body and trailers", () => {
    const peer = Http2Peer.open({ answer: answerWith(Buffer.from("answer")) });
    const seen = peer.send(headersFrame(1), frame("data", flag.endStream, 1, Buffer.from("question")));
    expect(seen.map(({ type, flags }) => [type, flags])).toEqual([
      ["headers", flag.endHeaders],
      ["data", 0],
      ["headers", flag.endHeaders | flag.endStream],
    ]);
    expect(seen[1]!.payload.toString()).toBe("answer");
    expect(Buffer.concat(peer.requests[0]!.body).toString()).toBe("question");
    expect(peer.requests[0]!.head).toMatchObject({ method: "POST", path: "/a.Service/Method" });
    expect(peer.connection.streamCount).toBe(0);
  });

  test("that is answered before its request has ended is reset without an error", () => {
    const peer = Http2Peer.open();
    peer.send(headersFrame(1));
    peer.requests[0]!.stream.end(encodeHeaders([[":status", "200"]]));
    expect(endings(peer.read())).toEqual(["RST_STREAM 1 NO_ERROR"]);
    // What was under way is no fault of the client.
    expect(endings(peer.send(frame("data", 0, 1, Buffer.alloc(100))))).toEqual([]);
    expect(peer.connection.isOver).toBe(false);
  });

  test("of which the client lets go is aborted, and its answer goes nowhere", () => {
    const peer = Http2Peer.open();
    peer.send(headersFrame(1), frame("rstStream", 0, 1, uint32(8)));
    const { stream, aborted } = peer.requests[0]!;
    expect(aborted).toBe(8);
    stream.respond(head);
    stream.send(nothing, Buffer.from("late"));
    stream.end(trailers);
    expect(peer.read()).toEqual([]);
  });

  test("means the same however its bytes are cut", () => {
    const conversation = Buffer.concat([
      greeting,
      headersFrame(1),
      frame("data", flag.padded, 1, [3, 97, 98, 99, 0, 0, 0]),
      headersFrame(3, { endStream: true }),
      frame("ping", 0, 0, Buffer.alloc(8, 7)),
      frame("headers", 0, 5, encodeHeaders(requestFields).subarray(0, 10)),
      frame("continuation", flag.endHeaders, 5, encodeHeaders(requestFields).subarray(10)),
      frame("data", flag.endStream, 1, Buffer.alloc(16_384, 1)),
      frame("rstStream", 0, 5, uint32(8)),
    ]);
    const whole = new Http2Peer({ answer: answerWith(Buffer.from("x")) });
    const expected = whole.send(conversation);
    const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(cuts, (sizes) => {
        const peer = new Http2Peer({ answer: answerWith(Buffer.from("x")) });
        const seen = [];
        for (let at = 0, i = 0; at < conversation.length; i++) {
          const size = sizes[i % sizes.length]!;
          seen.push(...peer.send(conversation.subarray(at, at + size)));
          at += size;
        }
        expect(seen).toEqual(expected);
        expect(peer.requests.map(({ body, aborted }) => [Buffer.concat(body), aborted])).toEqual(
          whole.requests.map(({ body, aborted }) => [Buffer.concat(body), aborted]),
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe("flow control", () => {
  const body = Buffer.alloc(200_000, 1);
  const sent = (frames: ReturnType<Http2Peer["read"]>) =>
    frames.filter(({ type }) => type === "data").reduce((sum, { payload }) => sum + payload.length, 0);

  test("an answer waits for the windows of its stream and of the connection, and its trailers behind it", () => {
    const peer = Http2Peer.open({ answer: answerWith(body) });
    expect(sent(peer.send(headersFrame(1, { endStream: true })))).toBe(65_535);
    expect(sent(peer.send(frame("windowUpdate", 0, 1, uint32(100_000))))).toBe(0);
    expect(sent(peer.send(frame("windowUpdate", 0, 0, uint32(50_000))))).toBe(50_000);
    const last = peer.send(
      frame("windowUpdate", 0, 0, uint32(200_000)),
      frame("windowUpdate", 0, 1, uint32(200_000)),
    );
    expect(sent(last)).toBe(200_000 - 65_535 - 50_000);
    expect(last.at(-1)).toMatchObject({ type: "headers", flags: flag.endHeaders | flag.endStream });
    expect(peer.connection.heldBytes).toBe(0);
  });

  test("a smaller initial window makes those of open streams negative", () => {
    const peer = Http2Peer.open({ answer: answerWith(body) });
    peer.send(frame("windowUpdate", 0, 0, uint32(1_000_000)), headersFrame(1, { endStream: true }));
    peer.send(frame("settings", 0, 0, settingOf(setting.initialWindowSize, 10)));
    expect(sent(peer.send(frame("windowUpdate", 0, 1, uint32(65_525))))).toBe(0);
    expect(sent(peer.send(frame("windowUpdate", 0, 1, uint32(1_100))))).toBe(1_100);
  });

  test("streams take turns", () => {
    const peer = Http2Peer.open({ answer: answerWith(body) });
    const first = peer.send(headersFrame(1, { endStream: true }), headersFrame(3, { endStream: true }));
    expect(sent(first)).toBe(65_535);
    const next = peer.send(
      frame("windowUpdate", 0, 1, uint32(100_000)),
      frame("windowUpdate", 0, 0, uint32(4 * 16_384)),
    );
    expect(next.filter(({ type }) => type === "data").map(({ streamId }) => streamId)).toEqual([3, 1, 3, 1]);
  });

  test("a socket that takes nothing holds bodies back, and what it took is told to who sent it", () => {
    const peer = Http2Peer.open();
    peer.send(headersFrame(1));
    const { stream } = peer.requests[0]!;
    const taken: string[] = [];
    peer.connection.socketTakes(false);
    stream.send(nothing, Buffer.from("first"), () => taken.push("first"));
    expect(peer.connection.output.bytes).toBe(0);
    peer.connection.socketTakes(true);
    expect(sent(peer.read())).toBe(5);
    expect(peer.connection.isAwaited).toBe(true);
    peer.connection.tellTaken();
    expect(taken).toEqual(["first"]);
  });

  test("a handler that does not read holds its client back, and one that does makes room", () => {
    const peer = Http2Peer.open({ consumes: false });
    peer.send(headersFrame(1));
    const quarter = frame("data", 0, 1, Buffer.alloc(16_383));
    expect(peer.send(quarter, quarter, quarter, quarter)).toEqual([]);
    peer.requests[0]!.stream.consumed(40_000);
    expect(peer.read()).toMatchObject([{ type: "windowUpdate", streamId: 1, payload: uint32(40_000) }]);
    expect(endings(peer.send(quarter, quarter, quarter))).toEqual(["RST_STREAM 1 FLOW_CONTROL_ERROR"]);
  });

  test("a stream that ends gives its part of the connection's window back", () => {
    const peer = Http2Peer.open({ consumes: false });
    const quarter = (id: number) => frame("data", 0, id, Buffer.alloc(16_383));
    for (let id = 1; id < 200; id += 2) {
      peer.send(headersFrame(id), quarter(id), quarter(id), quarter(id));
      peer.requests.at(-1)!.stream.reset(8);
      peer.nowMs += 1_000;
      expect(endings(peer.read())).toEqual([`RST_STREAM ${id} CANCEL`]);
    }
  });
});

describe("the end of a connection", () => {
  test("lets streams finish, and takes those that were under way", () => {
    const peer = Http2Peer.open({ answer: answerWith(Buffer.from("x")) });
    peer.send(headersFrame(1));
    peer.connection.goAway();
    const [announced, ping] = peer.read();
    expect(announced).toMatchObject({ type: "goaway" });
    expect(announced!.payload.readUInt32BE(0)).toBe(2 ** 31 - 1);
    expect(peer.send(headersFrame(3, { endStream: true }))).toHaveLength(3);
    const [said] = peer.send(frame("ping", flag.ack, 0, ping!.payload));
    expect(said!.payload.readUInt32BE(0)).toBe(3);
    expect(peer.send(headersFrame(5, { endStream: true }))).toEqual([]);
    expect(peer.connection.isOver).toBe(false);
    expect(peer.send(frame("data", flag.endStream, 1))).toHaveLength(3);
    expect(peer.connection.isOver).toBe(true);
  });

  test("does not wait for a client that answers nothing", () => {
    const peer = Http2Peer.open();
    peer.connection.goAway();
    peer.read();
    peer.nowMs += 1_001;
    peer.connection.check();
    expect(peer.connection.isOver).toBe(true);
  });

  test("aborts the streams when the client is gone", () => {
    const peer = Http2Peer.open();
    peer.send(headersFrame(1), headersFrame(3));
    peer.connection.disconnected();
    expect(peer.requests.map(({ aborted }) => aborted)).toEqual([8, 8]);
  });
});

test("a connection without streams is asked to go after a while, one with a stream is not", () => {
  const idle = Http2Peer.open();
  const busy = Http2Peer.open();
  busy.send(headersFrame(1));
  for (const peer of [idle, busy]) {
    for (let ms = 0; ms <= smallLimits.idleMaxMs + 2_000; ms += 1_000) {
      peer.nowMs += 1_000;
      peer.connection.check();
      // It answers pings, and nothing else.
      for (const { type, flags, payload } of peer.read()) {
        if (type === "ping" && flags === 0) peer.send(frame("ping", flag.ack, 0, payload));
      }
    }
  }
  expect([idle.connection.isOver, busy.connection.isOver]).toEqual([true, false]);
});

describe("liveness", () => {
  test("a silent client is asked for a sign of life, and lives when it gives one", () => {
    const peer = Http2Peer.open();
    peer.nowMs = smallLimits.pingIntervalMs;
    peer.connection.check();
    const [ping] = peer.read();
    expect(ping).toMatchObject({ type: "ping", flags: 0 });
    peer.send(frame("ping", flag.ack, 0, ping!.payload));
    peer.nowMs += smallLimits.pingTimeoutMs + 1;
    peer.connection.check();
    expect(peer.connection.isOver).toBe(false);
  });

  test("one that gives none is gone", () => {
    const peer = Http2Peer.open();
    peer.send(headersFrame(1));
    peer.nowMs = smallLimits.pingIntervalMs;
    peer.connection.check();
    peer.nowMs += smallLimits.pingTimeoutMs + 1;
    peer.connection.check();
    expect(peer.requests[0]!.aborted).toBe(8);
    expect(peer.connection.isOver).toBe(true);
  });
});

describe("budgets", () => {
  const many = (count: number, bytes: (i: number) => Buffer) =>
    Buffer.concat(Array.from({ length: count }, (_, i) => bytes(i)));
  const rapid = (i: number) =>
    Buffer.concat([headersFrame(2 * i + 1), frame("rstStream", 0, 2 * i + 1, uint32(8))]);
  // A stream that the server itself has to reset: its data come without an end, and then again behind it.
  const made = (i: number) =>
    Buffer.concat([headersFrame(2 * i + 1), frame("windowUpdate", 0, 2 * i + 1, uint32(0))]);
  const part = encodeHeaders([["a", "b".repeat(5_000)]]);

  test.each([
    ["PING", many(201, () => frame("ping", 0, 0, Buffer.alloc(8)))],
    ["PRIORITY", many(201, () => frame("priority", 0, 1, [0, 0, 0, 3, 1]))],
    ["SETTINGS", many(11, () => frame("settings", 0, 0))],
    ["frames of unknown types", many(201, () => Buffer.from([0, 0, 0, 99, 0, 0, 0, 0, 0]))],
    ["empty DATA", Buffer.concat([headersFrame(1), many(201, () => frame("data", 0, 1))])],
    ["small WINDOW_UPDATE", many(201, () => frame("windowUpdate", 0, 0, uint32(1)))],
    ["rapid resets", many(51, rapid)],
    ["streams that the server has to reset", many(51, made)],
    ["streams that are refused", many(160, (i) => headersFrame(2 * i + 1))],
    [
      "frames of a header block",
      Buffer.concat([frame("headers", 0, 1), many(8, () => frame("continuation", 0, 1))]),
    ],
    [
      "bytes of a header block",
      Buffer.concat([frame("headers", 0, 1, part), many(6, () => frame("continuation", 0, 1, part))]),
    ],
  ])("%s: beyond it the connection ends with ENHANCE_YOUR_CALM", (_, bytes) => {
    const peer = Http2Peer.open();
    expect(endings(peer.send(bytes)).at(-1)).toBe("GOAWAY ENHANCE_YOUR_CALM");
    expect(peer.connection.isOver).toBe(true);
  });

  test("a rate that is kept goes on for ever", () => {
    const peer = Http2Peer.open();
    for (let i = 0; i < 500; i++) {
      peer.nowMs += 100;
      expect(endings(peer.send(rapid(i)))).toEqual([]);
    }
  });

  test("answers to control frames that are not read end the connection", () => {
    const peer = Http2Peer.open();
    peer.connection.socketTakes(false);
    for (let i = 0; i < 300 && !peer.connection.isOver; i++) {
      peer.nowMs += 1_000;
      peer.connection.receive(frame("ping", 0, 0, Buffer.alloc(8)));
    }
    expect(peer.connection.isOver).toBe(true);
    expect(peer.connection.output.bytes).toBeLessThan(smallLimits.controlBytesMax + 1_000);
  });

  test("answers that are not read have new requests refused, and memory is free when the client is gone", () => {
    const peer = Http2Peer.open({ answer: answerWith(Buffer.alloc(400_000)) });
    peer.send(many(3, (i) => headersFrame(2 * i + 1, { endStream: true })));
    expect(endings(peer.send(headersFrame(7, { endStream: true })))).toEqual([
      "RST_STREAM 7 ENHANCE_YOUR_CALM",
    ]);
    const more = many(5, (i) => headersFrame(2 * i + 9, { endStream: true }));
    expect(endings(peer.send(more)).at(-1)).toBe("GOAWAY ENHANCE_YOUR_CALM");
    expect(peer.connection.isOver).toBe(true);
    peer.connection.output.take();
    expect(peer.connection.heldBytes).toBe(0);
  });

  test("a header block that is not completed ends the connection", () => {
    const peer = Http2Peer.open();
    peer.send(frame("headers", 0, 1));
    peer.nowMs = smallLimits.headerTimeoutMs + 1;
    peer.connection.check();
    expect(endings(peer.read())).toEqual(["GOAWAY ENHANCE_YOUR_CALM"]);
  });

  test("SETTINGS that are not acknowledged end the connection", () => {
    const peer = new Http2Peer();
    peer.send(preface, frame("settings", 0, 0));
    peer.nowMs = smallLimits.settingsTimeoutMs + 1;
    peer.connection.check();
    expect(endings(peer.read())).toEqual(["GOAWAY SETTINGS_TIMEOUT"]);
  });
});

describe("a field", () => {
  test.each([
    ["a capital in its name", "Authorization", "x"],
    ["a blank before its value", "authorization", " x"],
    ["a blank behind its value", "authorization", "x "],
    ["a tabulator behind its value", "authorization", "x\t"],
    ["DEL in its value", "corral-session", "x\x7f"],
    ["a line break in its value", "corral-session", "a\r\nb"],
    ["NUL in its value", "corral-session", "a\0b"],
    ["no name", "", "x"],
    ["a word of HTTP/1's connections", "connection", "close"],
    ["another te than trailers", "te", "gzip"],
    ["a pseudo-header behind it", ":path", "/x"],
    ["a content-length that is no number", "content-length", "1x"],
  ])("with %s makes a request malformed, and it is never served without it", (_, name, value) => {
    const peer = Http2Peer.open();
    const seen = peer.send(headersFrame(1, { fields: [...requestFields, [name, value]] }));
    expect(endings(seen)).toEqual(["RST_STREAM 1 PROTOCOL_ERROR"]);
    expect(peer.requests).toEqual([]);
  });

  test.each([
    ["bytes above ASCII", "x", "caf\xe9"],
    ["blanks and tabulators inside", "x", "a b\tc"],
    ["nothing in its value", "x", ""],
  ])("may have %s", (_, name, value) => {
    const peer = Http2Peer.open();
    peer.send(headersFrame(1, { fields: [...requestFields, [name, value]] }));
    expect(peer.requests[0]!.head.fields.slice(-2)).toEqual([name, value]);
  });
});

describe("random frames", () => {
  const names = Object.keys(frameType) as (keyof typeof frameType)[];
  const anyFrame = fc
    .tuple(
      fc.constantFrom(...names),
      fc.constantFrom(0, 1, 4, 5, 8, 0x20, 0x2d),
      fc.constantFrom(0, 1, 1, 3, 3, 5, 7, 2, 2 ** 31 - 1),
      fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(encodeHeaders(requestFields)))),
    )
    .map(([type, flags, id, payload]) => frame(type, flags, id, payload));

  test("end in a GOAWAY or go on, hold nothing that is not counted, and leave no stream behind", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 60 }), fc.boolean(), (frames, answers) => {
        const peer = Http2Peer.open(answers ? { answer: answerWith(Buffer.alloc(70_000)) } : {});
        for (const bytes of frames) peer.send(bytes);
        const open = peer.requests.filter(({ stream }) => !stream.isClosed);
        expect(peer.connection.streamCount).toBe(open.length);
        peer.connection.disconnected();
        peer.connection.output.take();
        expect(peer.connection.streamCount).toBe(0);
        // What was received in part is let go of with the connection; nothing else is left.
        expect(peer.connection.heldBytes).toBeLessThanOrEqual(smallLimits.blockBytesMax + 16_393);
        for (const { ended, aborted, stream } of peer.requests) {
          expect(stream.isClosed).toBe(true);
          expect(ended || aborted !== undefined).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
