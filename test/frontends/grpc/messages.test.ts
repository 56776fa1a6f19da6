import fc from "fast-check";
import { expect, test } from "vitest";
import { HeldMessages } from "../../../src/frontends/grpc/held-messages.ts";
import {
  type FramedMessage,
  MessageReader,
  wholeMessage,
} from "../../../src/frontends/grpc/message-reader.ts";
import { trailersOf } from "../../../src/frontends/grpc/status-block.ts";
import { parseTimeoutMs } from "../../../src/frontends/grpc/timeout.ts";
import { HpackDecoder } from "../../../src/frontends/http2/hpack/decoder.ts";
import { codes } from "../../../src/grpc/codes.ts";
import { framed } from "../../support/raw-call.ts";

test("messages are the same however the body is cut", () => {
  const message = fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), isCompressed: fc.boolean() });
  const cuts = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), cuts, (messages, sizes) => {
      const body = Buffer.concat(
        messages.map(({ bytes, isCompressed }) => framed(bytes, { compressed: isCompressed })),
      );
      const reader = new MessageReader(1_000);
      const seen: FramedMessage[] = [];
      for (let at = 0, i = 0; at < body.length; i++) {
        const size = sizes[i % sizes.length]!;
        reader.read(body.subarray(at, at + size), (each) => seen.push(each));
        at += size;
      }
      expect(seen.map(({ bytes, isCompressed }) => ({ bytes: new Uint8Array(bytes), isCompressed }))).toEqual(
        messages,
      );
      expect(reader.pendingBytes).toBe(0);
      expect(reader.heldBytes).toBe(0);
    }),
  );
});

test("a message is held in what has come of it, not in what is announced", () => {
  const reader = new MessageReader(4_194_304);
  reader.read(framed(Buffer.alloc(10), { length: 4_194_304 }), () => {});
  expect(reader.heldBytes).toBeLessThanOrEqual(65_536);
  expect(reader.pendingBytes).toBe(15);
});

test("a message that is announced to be too large is refused at its head", () => {
  const reader = new MessageReader(1_000);
  reader.read(framed(Buffer.alloc(0), { length: 1_001 }), () => {});
  expect(reader.isTooLarge).toBe(true);
  expect(wholeMessage(framed(Buffer.alloc(1_001)), 1_000)).toBeUndefined();
});

test("what is kept of a message does not change with the buffer that it came in", () => {
  const part = framed(Buffer.from("abc"));
  const message = wholeMessage(part, 1_000)!;
  part.fill(0);
  expect(message.bytes.toString()).toBe("abc");
});

test.each([
  ["1H", 3_600_000],
  ["2M", 120_000],
  ["99999999S", 99_999_999_000],
  ["5m", 5],
  ["1500u", 1.5],
  ["1n", 0.000_001],
])("a timeout of %s is %d ms", (text, ms) => {
  expect(parseTimeoutMs(text)).toBeCloseTo(ms, 9);
});

test.each(["", "S", "1", "-1S", "+1S", "1.5S", "1e3S", "100000000S", "1s", " 1S", "1S ", "1S,2S", "\u0661S"])(
  "a timeout of %j is none",
  (text) => {
    expect(parseTimeoutMs(text)).toBeUndefined();
  },
);

test.each(["", "a", "100 %", " blanks at both ends ", "zwölf\n\t", "北", "\0\x7f", "%20"])(
  "the message %j of a status arrives as it was",
  (message) => {
    const block = trailersOf({ code: codes.NOT_FOUND, message });
    const { fields } = new HpackDecoder({ tableBytes: 4_096, listBytes: 16_384 }).decode(block);
    expect(fields.slice(0, 2)).toEqual(["grpc-status", "5"]);
    const sent = fields[fields.indexOf("grpc-message") + 1] ?? "";
    const seen = fields.includes("grpc-message") ? sent : "";
    expect(seen).toMatch(/^([!-~]([ -~]*[!-~])?)?$/);
    expect(decodeURIComponent(seen)).toBe(message);
  },
);

test("what is held counts for its connection and for all, and both have a limit", () => {
  const all = new HeldMessages(100);
  const one = new HeldMessages(60, all);
  const other = new HeldMessages(60, all);
  expect(one.add(60)).toBe(true);
  expect(one.add(1)).toBe(false);
  one.add(-1);
  expect(other.add(41)).toBe(false);
  one.add(-60);
  expect(other.add(19)).toBe(true);
  expect(all.bytes).toBe(60);
});
