import type { Channel } from "./channel.ts";
import {
  dataFrames,
  endStream,
  frameType,
  H2Connection,
  h2Frame,
  headersFrame,
  type Streams,
} from "./h2-connection.ts";
import { isOk, requestHeaders } from "./hpack.ts";
import { type Template, template } from "./template.ts";

/** A gRPC message with its five-byte head: not compressed, and so long. */
export function grpcMessage(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(5 + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/** A unary call as two frames, ready but for the stream's id and the number in the path. */
export function callTemplate(method: string, message: Uint8Array, modulo?: number): Template {
  const headers = headersFrame(0, requestHeaders(method));
  const data = h2Frame(frameType.data, endStream, 0, grpcMessage(message));
  return template(Buffer.concat([headers, data]), {
    idAt: [5, headers.length + 5],
    windowBytes: data.length - 9,
    ...(modulo === undefined ? {} : { modulo }),
  });
}

/** Unary calls on one connection. Those that the connection's window does not let through yet wait. */
export class CallChannel implements Channel, Streams {
  answered: Channel["answered"] = () => {};
  failed: Channel["failed"] = () => {};
  readonly #connection: H2Connection;
  readonly #tags = new Map<number, number>();
  readonly #waiting: [Template, number, number][] = [];
  #lastOk: Buffer = Buffer.alloc(0);

  static async open(port: number): Promise<CallChannel> {
    return new CallChannel(await H2Connection.connect(port));
  }

  private constructor(connection: H2Connection) {
    this.#connection = connection;
    connection.streams = this;
  }

  send(template: Template, number: number, tag: number): void {
    if (this.#waiting.length > 0 || this.#connection.window < template.windowBytes)
      this.#waiting.push([template, number, tag]);
    else this.#send(template, number, tag);
  }

  flush(): void {
    this.#connection.flush();
  }

  close(): void {
    this.#connection.close();
  }

  headers(stream: number, block: Buffer, end: boolean): void {
    if (!end) return;
    this.#end(stream, this.#isOk(block));
  }

  data(): void {}

  reset(stream: number): void {
    this.#end(stream, false);
  }

  told(): void {
    while (this.#waiting.length > 0 && this.#connection.window >= this.#waiting[0]![0].windowBytes)
      this.#send(...this.#waiting.shift()!);
  }

  #send(template: Template, number: number, tag: number): void {
    const stream = this.#connection.nextStream();
    this.#tags.set(stream, tag);
    this.#connection.window -= template.windowBytes;
    this.#connection.out.addTemplate(template, stream, number);
  }

  /** Almost all answers end with the very same bytes. */
  #isOk(block: Buffer): boolean {
    if (block.equals(this.#lastOk)) return true;
    const ok = isOk(block);
    if (ok) this.#lastOk = Buffer.from(block);
    return ok;
  }

  /** A stream that was told of already, as by a reset after its trailers, is not told of again. */
  #end(stream: number, ok: boolean): void {
    const tag = this.#tags.get(stream);
    if (tag === undefined) return;
    this.#tags.delete(stream);
    this.answered(tag, ok);
  }
}

/** What a long stream tells. */
export interface StreamEvents {
  /** A whole message; valid during the call only. */
  message(message: Buffer): void;
  ended(ok: boolean): void;
}

/** One long stream of a connection that holds many. */
export class GrpcStream {
  readonly id: number;
  readonly events: StreamEvents;
  readonly #streams: StreamConnection;
  #window: number;
  #waiting: Buffer[] = [];
  #rest: Buffer = Buffer.alloc(0);

  constructor(streams: StreamConnection, id: number, window: number, events: StreamEvents) {
    this.#streams = streams;
    this.id = id;
    this.#window = window;
    this.events = events;
  }

  /** Gathers a message; the connection's flush, or the next reading, sends it. */
  send(message: Uint8Array): void {
    this.#waiting.push(...dataFrames(this.id, grpcMessage(message)));
    this.drain();
  }

  widen(bytes: number): void {
    this.#window += bytes;
  }

  drain(): void {
    const { connection } = this.#streams;
    while (this.#waiting.length > 0) {
      const bytes = this.#waiting[0]!.length - 9;
      if (bytes > this.#window || bytes > connection.window) return;
      this.#window -= bytes;
      connection.window -= bytes;
      connection.out.add(this.#waiting.shift()!);
    }
  }

  receive(data: Buffer): void {
    let bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
      const end = 5 + bytes.readUInt32BE(1);
      this.events.message(bytes.subarray(5, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = Buffer.from(bytes);
  }
}

/** A connection for long streams. */
export class StreamConnection implements Streams {
  readonly connection: H2Connection;
  failed: (error: Error) => void = () => {};
  afterReading: () => void = () => {};
  readonly #streams = new Map<number, GrpcStream>();

  static async open(port: number): Promise<StreamConnection> {
    return new StreamConnection(await H2Connection.connect(port));
  }

  private constructor(connection: H2Connection) {
    this.connection = connection;
    connection.streams = this;
    connection.streamWindow = (id, bytes) => this.#streams.get(id)?.widen(bytes);
  }

  openStream(method: string, events: StreamEvents): GrpcStream {
    const id = this.connection.nextStream();
    this.connection.out.add(headersFrame(id, requestHeaders(method)));
    const stream = new GrpcStream(this, id, this.connection.initialWindow, events);
    this.#streams.set(id, stream);
    return stream;
  }

  headers(id: number, block: Buffer, end: boolean): void {
    if (end) this.#end(id, isOk(block));
  }

  data(id: number, data: Buffer): void {
    this.#streams.get(id)?.receive(data);
  }

  reset(id: number): void {
    this.#end(id, false);
  }

  told(): void {
    this.afterReading();
    for (const stream of this.#streams.values()) stream.drain();
  }

  flush(): void {
    this.connection.flush();
  }

  close(): void {
    this.connection.close();
  }

  #end(id: number, ok: boolean): void {
    this.#streams.get(id)?.events.ended(ok);
    this.#streams.delete(id);
  }
}
