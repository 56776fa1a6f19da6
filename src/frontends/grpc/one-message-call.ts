import type { Refused } from "../../core/refusal.ts";
import { type CallStatus, statusOfRefusal } from "../../grpc/status.ts";
import { messageBytesMax } from "../../limits.ts";
import { GrpcCall } from "./call.ts";
import { inflate } from "./inflate.ts";
import { type FramedMessage, MessageReader, wholeMessage } from "./message-reader.ts";
import { messageTooLarge, notOneMessage, tooManyParts } from "./refusals.ts";

/** A call whose client sends one message. It is served when that is complete. */
export abstract class OneMessageCall extends GrpcCall {
  #reader: MessageReader | undefined;
  #message: FramedMessage | undefined;
  #isOneTooMany = false;
  #hasEnded = false;
  /** Counted with what all calls hold. */
  #heldBytes = 0;

  data(part: Buffer): void {
    // The rest of what was refused is read and forgotten.
    if (!this.isOver) this.#read(part);
    this.stream.consumed(part.length);
  }

  override get isIncomplete(): boolean {
    return !this.#hasEnded && !this.isOver;
  }

  end(): void {
    if (this.isOver) return;
    this.#hasEnded = true;
    if (this.#message === undefined) this.refuse(notOneMessage);
    else if (!this.#message.isCompressed) this.#serve(this.#message.bytes);
  }

  /** Serves the call by its method. */
  protected abstract serve(message: Uint8Array): void;

  protected override givenUp(): void {}

  protected override released(): void {
    this.#message = undefined;
    this.#reader = undefined;
    this.#hold(0);
  }

  /** Ends the call before there is a handler to end it. */
  protected refuse(status: CallStatus): void {
    if (this.isOver) return;
    this.asked.method.observed.refused(status.code);
    this.finish(status);
  }

  /** At once, so that what swells too far is refused before its client has ended. */
  #inflate(message: FramedMessage): void {
    inflate(message, this.asked.isGzip).then(
      (bytes) => {
        if (this.isOver) return;
        this.#message = { bytes, isCompressed: false };
        if (this.#hasEnded) this.#serve(bytes);
      },
      (error: Refused) => this.refuse(statusOfRefusal(error.refusal)),
    );
  }

  #serve(message: Uint8Array): void {
    const { turns } = this.shared;
    if (turns.hasRoom) this.#serveNow(message);
    else turns.defer(() => this.#serveNow(message));
  }

  #serveNow(message: Uint8Array): void {
    if (this.isOver) return;
    this.#hold(0);
    this.#message = undefined;
    this.request = message;
    this.serve(message);
  }

  #read(part: Buffer): void {
    const before = this.#message;
    if (before === undefined && this.#reader === undefined)
      this.#message = wholeMessage(part, messageBytesMax);
    if (this.#message === before) this.#readParts(part);
    if (this.isOver) return;
    const held = (this.#message?.bytes.length ?? 0) + (this.#reader?.heldBytes ?? 0);
    if (!this.#hold(held)) this.refuse(statusOfRefusal(tooManyParts));
    else if (before === undefined && this.#message?.isCompressed) this.#inflate(this.#message);
  }

  #readParts(part: Buffer): void {
    this.#reader ??= new MessageReader(messageBytesMax);
    this.#reader.read(part, (message) => {
      this.#isOneTooMany ||= this.#message !== undefined;
      this.#message ??= message;
    });
    const isMore = this.#message !== undefined && this.#reader.pendingBytes > 0;
    if (this.#reader.isTooLarge) this.refuse(statusOfRefusal(messageTooLarge));
    else if (this.#isOneTooMany || isMore) this.refuse(notOneMessage);
  }

  /** @returns false when all calls together hold too much. */
  #hold(bytes: number): boolean {
    const difference = bytes - this.#heldBytes;
    this.#heldBytes = bytes;
    return difference === 0 || this.shared.held.add(difference);
  }
}
