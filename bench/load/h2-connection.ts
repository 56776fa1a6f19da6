import net from "node:net";
import { Outbox } from "./template.ts";

export const frameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
};
export const endStream = 0x1;
const endHeaders = 0x4;
const ack = 0x1;
const padded = 0x8;
const maxFrame = 16_384;

/** What of a connection's frames its user wants to know. Buffers are valid during the call only. */
export interface Streams {
  headers(stream: number, block: Buffer, end: boolean): void;
  data(stream: number, data: Buffer, end: boolean): void;
  reset(stream: number): void;
  /** Everything that came in one reading was told: now is the time to send. */
  told(): void;
  failed(error: Error): void;
}

/** A frame of HTTP/2: nine bytes of head, and what it carries. */
export function h2Frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(9 + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flags;
  frame.writeUInt32BE(stream, 5);
  frame.set(payload, 9);
  return frame;
}

/** The frame that opens a stream with a block of headers. */
export function headersFrame(stream: number, block: Buffer): Buffer {
  return h2Frame(frameType.headers, endHeaders, stream, block);
}

function preface(): Buffer {
  const settings = Buffer.alloc(18);
  settings.writeUInt16BE(1, 0); // HEADER_TABLE_SIZE 0: what comes can be read frame by frame.
  settings.writeUInt16BE(2, 6); // ENABLE_PUSH 0
  settings.writeUInt16BE(4, 12); // INITIAL_WINDOW_SIZE
  settings.writeUInt32BE(0x7fff_ffff, 14);
  const window = Buffer.alloc(4);
  window.writeUInt32BE(0x7fff_ffff - 65_535);
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    h2Frame(frameType.settings, 0, 0, settings),
    h2Frame(frameType.windowUpdate, 0, 0, window),
  ]);
}

/**
 * HTTP/2 on a bare socket, for a load generator: frames are told by their heads alone, and the server may send
 * without asking. Both windows of what is sent are kept.
 */
export class H2Connection {
  streams: Streams | undefined;
  /** Bytes of data that may be sent, on the whole connection. */
  window = 65_535;
  /** The window of a new stream. */
  initialWindow = 65_535;
  readonly out = new Outbox();
  /** What WINDOW_UPDATE gave to single streams, for users with long ones. */
  streamWindow: ((stream: number, bytes: number) => void) | undefined;
  readonly #socket: net.Socket;
  #rest: Buffer = Buffer.alloc(0);
  #received = 0;
  #nextStream = 1;
  #closed = false;

  static async connect(port: number): Promise<H2Connection> {
    const socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const connection = new H2Connection(socket);
    await new Promise<void>((resolve, reject) => {
      connection.#settled = resolve;
      socket.once("close", () => reject(new Error("the server closed the connection at once")));
    });
    return connection;
  }

  #settled: (() => void) | undefined;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.write(preface());
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  nextStream(): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    return stream;
  }

  flush(): void {
    if (this.out.length > 0) this.#socket.write(this.out.take());
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.streams?.failed(error);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 9) {
      const end = at + 9 + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#frame(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5), bytes.subarray(at + 9, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    this.streams?.told();
    this.flush();
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    switch (type) {
      case frameType.data:
        this.#receive(payload.length);
        if ((flags & padded) !== 0) throw new Error("padded data");
        this.streams?.data(stream, payload, (flags & endStream) !== 0);
        break;
      case frameType.headers:
        if ((flags & endHeaders) === 0 || (flags & ~(endHeaders | endStream)) !== 0)
          throw new Error(`headers with flags ${flags}`);
        this.streams?.headers(stream, payload, (flags & endStream) !== 0);
        break;
      case frameType.rstStream:
        this.streams?.reset(stream);
        break;
      case frameType.settings:
        if ((flags & ack) === 0) this.#settings(payload);
        break;
      case frameType.ping:
        if ((flags & ack) === 0) this.out.add(h2Frame(frameType.ping, ack, 0, payload));
        break;
      case frameType.windowUpdate:
        if (stream === 0) this.window += payload.readUInt32BE(0);
        else this.streamWindow?.(stream, payload.readUInt32BE(0));
        break;
      case frameType.goaway:
        this.#fail(new Error(`the server says goodbye: ${payload.subarray(8)}`));
    }
  }

  #settings(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6)
      if (payload.readUInt16BE(at) === 4) this.initialWindow = payload.readUInt32BE(at + 2);
    this.out.add(h2Frame(frameType.settings, ack, 0, Buffer.alloc(0)));
    this.#settled?.();
    this.#settled = undefined;
  }

  /** Gives back the connection's window once a good part is used up; that of a stream is larger than any stream. */
  #receive(bytes: number): void {
    this.#received += bytes;
    if (this.#received < 0x4000_0000) return;
    const window = Buffer.alloc(4);
    window.writeUInt32BE(this.#received);
    this.out.add(h2Frame(frameType.windowUpdate, 0, 0, window));
    this.#received = 0;
  }
}

/** Data for a stream, in frames that any server takes. */
export function dataFrames(stream: number, data: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < data.length; at += maxFrame)
    frames.push(h2Frame(frameType.data, 0, stream, data.subarray(at, at + maxFrame)));
  return frames;
}
