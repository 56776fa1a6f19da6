import type { RequestHead } from "./fields.ts";
import { errorCode } from "./protocol.ts";
import { ReceiveWindow } from "./receive-window.ts";

/** Takes what comes in on a stream. None of it is called once the stream is over. */
export interface StreamReceiver {
  /** A part of the request's body: a view, good until the call returns. `stream.consumed` makes room for as much. */
  data(part: Buffer): void;
  /** The request is complete. */
  end(): void;
  /** The stream is over before its answer was: by a reset, an error of the client, or the end of the connection. */
  aborted(code: number): void;
}

/** What a stream asks of its connection. */
export interface StreamOwner {
  respond(stream: ServerStream, block: Uint8Array): void;
  send(stream: ServerStream, prefix: Uint8Array, bytes: Uint8Array, taken: (() => void) | undefined): void;
  end(stream: ServerStream, block: Uint8Array): void;
  reset(stream: ServerStream, code: number): void;
  consumed(stream: ServerStream, bytes: number): void;
}

/** A part of a body that waits for the window or for the socket. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  readonly taken: (() => void) | undefined;
}

/** A request and its answer (RFC 9113, 5). An idle one is this object and nothing else. */
export class ServerStream {
  readonly id: number;
  readonly head: RequestHead;
  readonly #owner: StreamOwner;
  receiver: StreamReceiver = nobody;
  /** What may still be sent; negative after the client has made its windows smaller. */
  sendWindow: number;
  readonly window: ReceiveWindow;
  /** What was received and not consumed yet. */
  heldBytes = 0;
  #receivedBytes = 0;
  /** The client has sent all of its request. */
  remoteClosed = false;
  /** It is out of the table: nothing is sent or received any more. */
  isClosed = false;
  /** It has its place among the streams that wait to send. */
  isQueued = false;
  outgoing: Outgoing[] | undefined;
  /** How much of the first of these was sent. */
  outgoingAt = 0;
  /** What follows them. */
  trailers: Uint8Array | undefined;

  constructor(
    id: number,
    head: RequestHead,
    windows: { readonly send: number; readonly receive: number },
    owner: StreamOwner,
  ) {
    this.id = id;
    this.head = head;
    this.sendWindow = windows.send;
    this.window = new ReceiveWindow(windows.receive);
    this.#owner = owner;
  }

  /** Counts DATA in. @returns the code for what is wrong with it. */
  receive(windowBytes: number, bodyBytes: number): number | undefined {
    if (!this.window.receive(windowBytes)) return errorCode.flowControlError;
    this.#receivedBytes += bodyBytes;
    const { contentLength } = this.head;
    return contentLength >= 0 && this.#receivedBytes > contentLength ? errorCode.protocolError : undefined;
  }

  /** Whether as much has come as `content-length` says (8.1.1). */
  get hasWholeBody(): boolean {
    const { contentLength } = this.head;
    return contentLength < 0 || contentLength === this.#receivedBytes;
  }

  /** Sends the head of the answer. @param block an encoded header block, not copied before it is in the output. */
  respond(block: Uint8Array): void {
    if (!this.isClosed) this.#owner.respond(this, block);
  }

  /**
   * Sends a part of the body, as windows and the socket allow: a prefix and what follows it, which must not change any
   * more. They are two so that what many streams send need not be copied to get its prefix.
   * @param taken called, in a later turn, when the socket has taken all of it; never if the stream ends before.
   */
  send(prefix: Uint8Array, bytes: Uint8Array, taken?: () => void): void {
    if (!this.isClosed && this.trailers === undefined) this.#owner.send(this, prefix, bytes, taken);
  }

  /** Ends the answer with a header block, behind all that was sent: trailers, or all there is of it. */
  end(block: Uint8Array): void {
    if (!this.isClosed && this.trailers === undefined) this.#owner.end(this, block);
  }

  /** Ends the stream at once. The receiver is not told. */
  reset(code: number): void {
    if (!this.isClosed) this.#owner.reset(this, code);
  }

  /** So many bytes of what was received take no memory any more: the client may send as many again. */
  consumed(bytes: number): void {
    this.#owner.consumed(this, bytes);
  }
}

const nobody: StreamReceiver = { data() {}, end() {}, aborted() {} };
