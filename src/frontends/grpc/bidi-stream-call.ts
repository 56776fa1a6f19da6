import { Refused } from "../../core/refusal.ts";
import type { ServeStream } from "../../grpc/adapter/bidi-stream.ts";
import type { StreamingCall } from "../../grpc/adapter/streaming-call.ts";
import { codes } from "../../grpc/codes.ts";
import { messageBytesMax } from "../../limits.ts";
import type { ServerStream } from "../http2/stream.ts";
import { type CallConnection, GrpcCall } from "./call.ts";
import { inflate } from "./inflate.ts";
import { type FramedMessage, MessageReader } from "./message-reader.ts";
import { messageTooLarge, tooManyParts } from "./refusals.ts";
import type { GrpcRequest } from "./request.ts";

/** About what a message that waits takes beside its bytes. */
const messageOverheadBytes = 128;

/** A message that waits for its handler. */
interface Waiting {
  readonly message: FramedMessage;
  /** What its client may send more once it is taken. */
  readonly windowBytes: number;
}

/** A call that streams both ways. A handler that does not read holds its client back by HTTP/2's window. */
export class BidiStreamCall extends GrpcCall implements StreamingCall {
  readonly #serve: ServeStream;
  readonly #reader = new MessageReader(messageBytesMax);
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Counted with what all calls hold. */
  #heldBytes = 0;
  #hasEnded = false;
  /** What is wrong with what the client sends: thrown behind the messages before it. */
  #fault: Refused | undefined;
  #wake = () => {};
  #over = () => {};

  constructor(stream: ServerStream, asked: GrpcRequest, shared: CallConnection, serve: ServeStream) {
    super(stream, asked, shared);
    this.#serve = serve;
  }

  /** Begins before the first message: a server may speak first. A call that is over by then never began. */
  begin(): void {
    if (this.isOver) this.asked.method.observed.refused(this.cancellation ?? codes.CANCELLED);
    else this.#serve(this);
  }

  data(part: Buffer): void {
    if (this.isOver || this.#fault !== undefined) {
      this.stream.consumed(part.length);
      return;
    }
    const messages: FramedMessage[] = [];
    this.#reader.read(part, (message) => messages.push(message));
    // The bytes of a message that is not complete are in the reader's buffer, which is counted.
    const pending = messages.length === 0 ? part.length : this.#reader.pendingBytes;
    for (const [i, message] of messages.entries()) {
      const windowBytes = i === messages.length - 1 ? part.length - pending : 0;
      this.#waiting.push({ message, windowBytes });
      this.#waitingBytes += message.bytes.length + messageOverheadBytes;
    }
    this.stream.consumed(pending);
    if (this.#reader.isTooLarge) this.#fault = new Refused(messageTooLarge);
    this.#hold(this.#reader.heldBytes + this.#waitingBytes);
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  async *messages(signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    signal.addEventListener("abort", () => this.#wake());
    for (;;) {
      signal.throwIfAborted();
      const message = this.#take();
      if (message !== undefined) {
        yield message.isCompressed ? await inflate(message, this.asked.isGzip) : message.bytes;
      } else if (this.#fault !== undefined) {
        throw this.#fault;
      } else if (this.#hasEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  send(message: Uint8Array, taken: () => void): void {
    this.sendMessage(message, taken);
  }

  whenOver(callback: () => void): void {
    this.#over = callback;
  }

  protected override givenUp(): void {
    this.#over();
  }

  protected override released(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#hold(0);
  }

  #take(): FramedMessage | undefined {
    const next = this.#waiting.shift();
    if (next === undefined) return undefined;
    const { message, windowBytes } = next;
    this.#waitingBytes -= message.bytes.length + messageOverheadBytes;
    this.#hold(this.#reader.heldBytes + this.#waitingBytes);
    if (windowBytes > 0) this.stream.consumed(windowBytes);
    return message;
  }

  #hold(bytes: number): void {
    const difference = bytes - this.#heldBytes;
    this.#heldBytes = bytes;
    if (!this.shared.held.add(difference) && difference > 0) this.#fault ??= new Refused(tooManyParts);
  }
}
