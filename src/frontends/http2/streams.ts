import { ClosedStreams } from "./closed-streams.ts";
import { type RequestHead, requestHead, trailersFault } from "./fields.ts";
import type { FieldList } from "./hpack/decoder.ts";
import { closedStreamsKept, type Http2Limits } from "./limits.ts";
import type { Output } from "./output.ts";
import { unpadded } from "./payload.ts";
import {
  ConnectionError,
  errorCode,
  flag,
  flowControlError,
  protocolError,
  streamIdMax,
  windowBytesDefault,
} from "./protocol.ts";
import type { QueuedBodies } from "./queued-bodies.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { Sender } from "./sender.ts";
import { ServerStream, type StreamOwner, type StreamReceiver } from "./stream.ts";
import { StreamTable } from "./stream-table.ts";

export interface StreamsOptions {
  readonly limits: Http2Limits;
  readonly output: Output;
  /** A request has begun: what takes the rest of it. */
  readonly request: (stream: ServerStream, head: RequestHead) => StreamReceiver;
  /** Told of bodies that wait. */
  readonly bodies?: QueuedBodies | undefined;
  /** There is output, written by a handler. */
  readonly wake: () => void;
  /** Spends one of the control frames. @throws ConnectionError */
  readonly spendControl: () => void;
  /** Spends one of the resets. @throws ConnectionError */
  readonly spendReset: () => void;
  /** After the last one that is served. */
  readonly drained: () => void;
}

/** The streams of a connection, from the first frame of each to its last (RFC 9113, 5.1). */
export class Streams implements StreamOwner {
  readonly sender: Sender;
  readonly #options: StreamsOptions;
  readonly #open = new StreamTable();
  readonly #closed = new ClosedStreams(closedStreamsKept);
  readonly #window: ReceiveWindow;
  /** With what window the client's side of new streams begins. */
  #initialWindow: number = windowBytesDefault;
  #lastId = 0;
  #unreadRefusals = 0;
  /** Newer ones are not served any more. */
  #lastServedId = streamIdMax;

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.sender = new Sender(options.output, (stream) => this.#answered(stream), options.bodies);
    this.#window = new ReceiveWindow(options.limits.connectionWindowBytes);
  }

  get count(): number {
    return this.#open.size;
  }

  /** The latest stream of the client. */
  get lastId(): number {
    return this.#lastId;
  }

  /** @returns the latest stream; those that follow are ignored. */
  serveNoMore(): number {
    this.#lastServedId = this.#lastId;
    return this.#lastId;
  }

  abortAll(code: number): void {
    for (const stream of this.#open.all()) this.#abort(stream, code, true);
  }

  /** @throws ConnectionError */
  data(flags: number, id: number, payload: Buffer): void {
    if (id === 0) throw protocolError("DATA names no stream");
    if (!this.#window.receive(payload.length)) throw flowControlError("the connection's window was overrun");
    const body = unpadded(flags, payload);
    const endStream = (flags & flag.endStream) !== 0;
    if (body.length === 0 && !endStream) this.#options.spendControl();
    const stream = this.#open.get(id);
    const fault =
      stream === undefined || stream.remoteClosed
        ? errorCode.streamClosed
        : stream.receive(payload.length, body.length);
    if (fault !== undefined) {
      this.#widen(payload.length);
      if (stream === undefined) this.#stray(id);
      else this.#streamError(stream, fault);
      return;
    }
    stream!.heldBytes += payload.length;
    if (body.length < payload.length) this.consumed(stream!, payload.length - body.length);
    if (body.length > 0) stream!.receiver.data(body);
    if (endStream && !stream!.isClosed) this.#requestEnded(stream!);
  }

  /** A header block is complete, and decoded. @param fault the code for what else is wrong with it. */
  headers(id: number, list: FieldList, endStream: boolean, fault: number | undefined): void {
    const stream = this.#open.get(id);
    if (stream !== undefined) this.#trailers(stream, list, endStream, fault);
    else if (id > this.#lastId) this.#begin(id, list, endStream, fault);
    else if (!this.#closed.has(id)) throw protocolError(`stream ${id} is older than the last one`);
    else if (!this.#closed.wasReset(id)) {
      throw new ConnectionError(errorCode.streamClosed, `stream ${id} is closed`);
    }
  }

  resetByClient(id: number, code: number): void {
    this.#refuseIdle(id);
    this.#options.spendReset();
    const stream = this.#open.get(id);
    // The client knows that the stream is over: what it sends on it from now on is its fault.
    if (stream !== undefined) this.#abort(stream, code, false);
  }

  /** @throws ConnectionError */
  widen(id: number, bytes: number): void {
    this.#refuseIdle(id);
    const stream = this.#open.get(id);
    if (stream === undefined) this.#options.spendControl();
    else if (bytes === 0) this.#streamError(stream, errorCode.protocolError);
    else if (!this.sender.widenStream(stream, bytes)) this.#streamError(stream, errorCode.flowControlError);
  }

  /** The client begins its windows with another size; those of open streams change with it (6.9.2). */
  setInitialWindow(bytes: number): void {
    const difference = bytes - this.#initialWindow;
    this.#initialWindow = bytes;
    if (difference === 0) return;
    for (const stream of this.#open.all()) {
      if (!this.sender.widenStream(stream, difference))
        throw flowControlError("a stream's window is too large");
    }
  }

  /** A frame of a stream was malformed by itself. */
  fault(id: number, code: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) throw new ConnectionError(code, "a frame of no open stream is malformed");
    this.#streamError(stream, code);
  }

  respond(stream: ServerStream, block: Uint8Array): void {
    this.#options.output.headers(stream.id, block, false);
    this.#options.wake();
  }

  send(stream: ServerStream, prefix: Uint8Array, bytes: Uint8Array, taken: (() => void) | undefined): void {
    this.sender.send(stream, prefix, bytes, taken);
    this.#options.wake();
  }

  end(stream: ServerStream, block: Uint8Array): void {
    this.sender.end(stream, block);
    this.#options.wake();
  }

  reset(stream: ServerStream, code: number): void {
    this.#options.output.reset(stream.id, code);
    this.#close(stream, true);
    this.#options.wake();
  }

  consumed(stream: ServerStream, bytes: number): void {
    // What a closed stream held was given back when it closed.
    if (stream.isClosed) return;
    stream.heldBytes -= bytes;
    this.#widen(bytes);
    if (stream.remoteClosed) return;
    const increment = stream.window.consume(bytes);
    if (increment === 0) return;
    this.#options.output.windowUpdate(stream.id, increment);
    this.#options.wake();
  }

  #widen(bytes: number): void {
    const increment = this.#window.consume(bytes);
    if (increment === 0) return;
    this.#options.output.windowUpdate(0, increment);
    this.#options.wake();
  }

  #refuseIdle(id: number): void {
    if (id > this.#lastId) throw protocolError(`stream ${id} is idle`);
  }

  /** Data for a stream that is closed: a fault of the client, unless it could not know. */
  #stray(id: number): void {
    this.#refuseIdle(id);
    if (!this.#closed.wasReset(id)) this.#refuse(id, errorCode.streamClosed);
  }

  #begin(id: number, list: FieldList, endStream: boolean, fault: number | undefined): void {
    this.#lastId = id;
    if (id > this.#lastServedId) {
      this.#closed.add(id, true);
      return;
    }
    const { limits, request } = this.#options;
    const head = requestHead(list);
    if (fault !== undefined || typeof head === "string") this.#refuse(id, fault ?? errorCode.protocolError);
    else if (this.#open.size >= limits.streamsMax) this.#refuse(id, errorCode.refusedStream);
    else if (this.sender.queuedBytes > limits.queuedBytesMax) this.#refuseUnread(id);
    else {
      this.#unreadRefusals = 0;
      const stream = new ServerStream(
        id,
        head,
        { send: this.#initialWindow, receive: limits.streamWindowBytes },
        this,
      );
      this.#open.add(stream);
      stream.receiver = request(stream, head);
      if (endStream && !stream.isClosed) this.#requestEnded(stream);
    }
  }

  #trailers(stream: ServerStream, list: FieldList, endStream: boolean, fault: number | undefined): void {
    if (stream.remoteClosed) this.#streamError(stream, errorCode.streamClosed);
    else if (fault !== undefined || !endStream || trailersFault(list) !== undefined) {
      this.#streamError(stream, fault ?? errorCode.protocolError);
    } else this.#requestEnded(stream);
  }

  #requestEnded(stream: ServerStream): void {
    if (!stream.hasWholeBody) {
      this.#streamError(stream, errorCode.protocolError);
      return;
    }
    stream.remoteClosed = true;
    stream.receiver.end();
  }

  /** All of the answer was sent. A client that has more to say learns that nobody listens (8.1). */
  #answered(stream: ServerStream): void {
    if (!stream.remoteClosed) this.#options.output.reset(stream.id, errorCode.noError);
    this.#close(stream, !stream.remoteClosed);
  }

  /** A client that asks on and on without reading its answers is not worth its connection. */
  #refuseUnread(id: number): void {
    this.#unreadRefusals++;
    if (this.#unreadRefusals > this.#options.limits.unreadRefusalsMax) {
      throw new ConnectionError(errorCode.enhanceYourCalm, "answers are not read");
    }
    this.#refuse(id, errorCode.enhanceYourCalm);
  }

  #refuse(id: number, code: number): void {
    this.#options.spendReset();
    this.#options.output.reset(id, code);
    this.#closed.add(id, true);
  }

  /** An error of the client on one stream (5.4.2). */
  #streamError(stream: ServerStream, code: number): void {
    this.#options.spendReset();
    this.#options.output.reset(stream.id, code);
    this.#abort(stream, code, true);
  }

  #abort(stream: ServerStream, code: number, wasReset: boolean): void {
    this.#close(stream, wasReset);
    stream.receiver.aborted(code);
  }

  #close(stream: ServerStream, wasReset: boolean): void {
    stream.isClosed = true;
    this.#widen(stream.heldBytes);
    this.#open.delete(stream.id);
    this.#closed.add(stream.id, wasReset);
    this.sender.drop(stream);
    if (this.#open.size === 0) this.#options.drained();
  }
}
