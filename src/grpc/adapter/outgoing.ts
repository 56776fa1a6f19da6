import { once } from "node:events";
import type { DescMessage } from "@bufbuild/protobuf";
import type { ServerDuplexStream, ServerWritableStream } from "@grpc/grpc-js";
import { type Refusal, Refused } from "../../core/refusal.ts";
import { unreadMessagesMax } from "../../limits.ts";
import { statusOfError } from "../status.ts";
import type { Environment } from "./environment.ts";
import { type Answer, encode } from "./message.ts";

type StreamingCall =
  | ServerWritableStream<Uint8Array, Uint8Array>
  | ServerDuplexStream<Uint8Array, Uint8Array>;

/** What a handler may do with the answering half of a stream. */
export interface Outgoing<Output extends DescMessage> {
  /** Aborts when the stream is over: cancelled, past its deadline, cut, or done. */
  readonly signal: AbortSignal;
  /** Sends a message and resolves when there is room for another; rejects when the stream is over. */
  send(answer: Answer<Output>): Promise<void>;
  /** The address of the client. */
  readonly peer: string;
  /** Sends a message at once, and calls `sent` when the transport has taken it; never if the stream ends before. */
  write(answer: Answer<Output>, sent: () => void): void;
  /** Sends a message from where nobody can wait; a client that leaves too many unread loses the stream. */
  push(answer: Answer<Output>): void;
  /** Ends the stream with a refusal, whatever its handler waits for. What was sent before still arrives. */
  cut(refusal: Refusal): void;
}

/** The answering half of a call of either streaming kind. */
export class OutgoingStream<Output extends DescMessage> implements Outgoing<Output> {
  readonly #call: StreamingCall;
  readonly #output: Output;
  readonly #over = new AbortController();

  constructor(call: StreamingCall, output: Output) {
    this.#call = call;
    this.#output = output;
    // Everybody who waits for room listens for "drain".
    call.setMaxListeners(0);
    call.on("cancelled", () => this.#over.abort(new Cancelled()));
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  write(answer: Answer<Output>, sent: () => void): void {
    if (this.signal.aborted) return;
    this.#call.write(encode(this.#output, answer), (error?: Error | null) => {
      if (!error) sent();
    });
  }

  async send(answer: Answer<Output>): Promise<void> {
    this.signal.throwIfAborted();
    if (this.#call.write(encode(this.#output, answer))) return;
    await once(this.#call, "drain", { signal: this.signal });
  }

  push(answer: Answer<Output>): void {
    if (this.signal.aborted) return;
    if (this.#call.writableLength < unreadMessagesMax) this.#call.write(encode(this.#output, answer));
    else this.cut(tooSlow);
  }

  cut(refusal: Refusal): void {
    this.#over.abort(new Refused(refusal));
  }

  /** Runs the handler of the call and ends the call as the handler, or whoever cut the stream, decided. */
  async run({ calls, log }: Environment<unknown>, handle: () => Promise<void>): Promise<void> {
    const cut = (refusal: Refusal) => this.cut(refusal);
    let entered = false;
    try {
      calls.enter();
      entered = true;
      calls.watch(cut);
      await handle();
      this.#call.end();
    } catch (error) {
      const cause = this.signal.aborted ? this.signal.reason : error;
      // Nobody is left to be told of a cancellation.
      if (!(cause instanceof Cancelled))
        this.#call.emit("error", statusOfError(cause, this.#call.getPath(), log));
    } finally {
      calls.unwatch(cut);
      this.#over.abort(new Cancelled());
      if (entered) calls.leave();
    }
  }
}

/** The client is gone, or its deadline has passed: grpc-js has ended the call. */
class Cancelled extends Error {
  override readonly name = "Cancelled";
}

const tooSlow: Refusal = {
  reason: "OVERLOADED",
  message: `the client left ${unreadMessagesMax} messages of this stream unread`,
  facts: { limit: unreadMessagesMax },
};
