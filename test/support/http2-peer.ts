import { Http2Connection, type Http2ConnectionOptions } from "../../src/frontends/http2/connection.ts";
import type { RequestHead } from "../../src/frontends/http2/fields.ts";
import { encodeHeaders } from "../../src/frontends/http2/hpack/encoder.ts";
import type { Http2Limits } from "../../src/frontends/http2/limits.ts";
import { errorCode, flag, frameType, preface } from "../../src/frontends/http2/protocol.ts";
import type { ServerStream, StreamReceiver } from "../../src/frontends/http2/stream.ts";

/** Limits that a test can reach. */
export const smallLimits: Http2Limits = {
  blockBytesMax: 32_768,
  blockFramesMax: 8,
  streamsMax: 100,
  headerListBytes: 8_192,
  headerTableBytes: 4_096,
  streamWindowBytes: 65_535,
  connectionWindowBytes: 262_144,
  queuedBytesMax: 1_048_576,
  unreadRefusalsMax: 5,
  controlBytesMax: 4_096,
  controlFrames: { burst: 200, perSecond: 10 },
  settingsFrames: { burst: 10, perSecond: 1 },
  resets: { burst: 50, perSecond: 10 },
  idleMaxMs: 60_000,
  headerTimeoutMs: 5_000,
  settingsTimeoutMs: 5_000,
  pingIntervalMs: 20_000,
  pingTimeoutMs: 10_000,
};

export function frame(
  type: keyof typeof frameType,
  flags: number,
  streamId: number,
  payload: Uint8Array | number[] = [],
): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = frameType[type];
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, body]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One entry of a SETTINGS frame. */
export function settingOf(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([id >> 8, id & 255]), uint32(value)]);
}

export const requestFields: readonly (readonly [string, string])[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/a.Service/Method"],
  [":authority", "test"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
];

export function headersFrame(streamId: number, { endStream = false, fields = requestFields } = {}): Buffer {
  const flags = flag.endHeaders | (endStream ? flag.endStream : 0);
  return frame("headers", flags, streamId, encodeHeaders(fields));
}

export const greeting = Buffer.concat([preface, frame("settings", 0, 0), frame("settings", flag.ack, 0)]);

/** A frame that the server has sent. */
export interface SeenFrame {
  readonly type: keyof typeof frameType;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

export function framesOf(bytes: Buffer): SeenFrame[] {
  const frames: SeenFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const name = Object.entries(frameType).find(([, type]) => type === bytes[at + 3])![0];
    frames.push({
      type: name as keyof typeof frameType,
      flags: bytes[at + 4]!,
      streamId: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}

/** What a request came to. */
export interface SeenRequest {
  readonly stream: ServerStream;
  readonly head: RequestHead;
  readonly body: Buffer[];
  ended: boolean;
  aborted: number | undefined;
}

/** A connection in the hands of a test, which plays the client. */
export class Http2Peer {
  nowMs = 0;
  readonly requests: SeenRequest[] = [];
  readonly connection: Http2Connection;

  /** @param consumes whether the handler takes what comes in at once. */
  constructor({ limits = smallLimits, consumes = true, answer = (_: SeenRequest): void => {} } = {}) {
    const request: Http2ConnectionOptions["request"] = (stream, head): StreamReceiver => {
      const seen: SeenRequest = { stream, head, body: [], ended: false, aborted: undefined };
      this.requests.push(seen);
      return {
        data: (part) => {
          seen.body.push(Buffer.from(part));
          if (consumes) stream.consumed(part.length);
        },
        end: () => {
          seen.ended = true;
          answer(seen);
        },
        aborted: (code) => {
          seen.aborted = code;
        },
      };
    };
    this.connection = new Http2Connection({ limits, nowMs: () => this.nowMs, request });
  }

  /** One that has been greeted, and what it said then is read. */
  static open(options: ConstructorParameters<typeof Http2Peer>[0] = {}): Http2Peer {
    const peer = new Http2Peer(options);
    peer.send(greeting);
    return peer;
  }

  /** Sends bytes, and reads what the server has to say by then. */
  send(...parts: Uint8Array[]): SeenFrame[] {
    this.connection.receive(Buffer.concat(parts));
    return this.read();
  }

  read(): SeenFrame[] {
    const seen = framesOf(Buffer.concat(this.connection.output.take()));
    this.connection.socketTakes(true);
    return [...seen, ...framesOf(Buffer.concat(this.connection.output.take()))];
  }
}

/** How a connection or a stream ended, in words: `GOAWAY PROTOCOL_ERROR`, `RST_STREAM 1 CANCEL`. */
export function endings(frames: readonly SeenFrame[]): string[] {
  return frames.flatMap(({ type, streamId, payload }) => {
    if (type === "goaway") return [`GOAWAY ${nameOf(payload.readUInt32BE(4))}`];
    if (type === "rstStream") return [`RST_STREAM ${streamId} ${nameOf(payload.readUInt32BE(0))}`];
    return [];
  });
}

function nameOf(code: number): string {
  const name = Object.entries(errorCode).find(([, value]) => value === code)![0];
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
