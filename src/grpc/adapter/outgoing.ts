import type { DescMessage } from "@bufbuild/protobuf";
import { type Refusal, Refused } from "../../core/refusal.ts";
import { unreadMessagesMax } from "../../limits.ts";
import { type Code, codes } from "../codes.ts";
import type { Log } from "../log.ts";
import { statusOfError } from "../status.ts";
import type { MethodObserver } from "./call-observer.ts";
import type { Environment } from "./environment.ts";
import { type Answer, encode } from "./message.ts";
import type { StreamingCall } from "./streaming-call.ts";

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
  readonly incoming: StreamingCall;
  readonly #output: Output;
  readonly #observed: MethodObserver;
  readonly #over = new AbortController();
  /** Messages that the transport has not taken yet. */
  #untaken = 0;

  constructor(call: StreamingCall, output: Output, observed: MethodObserver) {
    this.incoming = call;
    this.#output = output;
    this.#observed = observed;
    call.whenOver(() => this.#over.abort(new Cancelled()));
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get peer(): string {
    return this.incoming.peer;
  }

  write(answer: Answer<Output>, sent: () => void): void {
    if (!this.signal.aborted) this.#put(answer, sent);
  }

  send(answer: Answer<Output>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.signal.throwIfAborted();
      const over = () => reject(this.signal.reason);
      this.signal.addEventListener("abort", over, { once: true });
      this.#put(answer, () => {
        this.signal.removeEventListener("abort", over);
        resolve();
      });
    });
  }

  push(answer: Answer<Output>): void {
    if (this.signal.aborted) return;
    if (this.#untaken < unreadMessagesMax) this.#put(answer, () => {});
    else this.cut(tooSlow);
  }

  cut(refusal: Refusal): void {
    this.#over.abort(new Refused(refusal));
  }

  /** Who makes the call. From now on the stream lives no longer than its credentials. */
  async identify<Context>({ contextOf, holding }: Environment<Context>): Promise<Context> {
    const context = await contextOf(this.incoming);
    if (holding === undefined) return context;
    this.signal.throwIfAborted();
    const { connection } = this.incoming;
    const authorization = this.incoming.metadata("authorization");
    const cut = (refusal: Refusal) => this.cut(refusal);
    const open = { authorization, expiresMs: Number.POSITIVE_INFINITY, cut };
    connection?.streams.add(open);
    this.signal.addEventListener("abort", () => connection?.streams.delete(open), { once: true });
    if (authorization !== undefined) open.expiresMs = (await holding(authorization)).expiresMs;
    return context;
  }

  /** Runs the handler of the call and ends the call as the handler, or whoever cut the stream, decided. */
  async run({ calls, log }: Environment<unknown>, handle: () => Promise<void>): Promise<void> {
    const cut = (refusal: Refusal) => this.cut(refusal);
    const startedMs = this.#observed.began();
    const span = this.#observed.span(this.incoming);
    let entered = false;
    let code: Code = codes.OK;
    try {
      calls.enter();
      entered = true;
      calls.watch(cut);
      await handle();
      this.incoming.finish();
    } catch (error) {
      code = this.#fail(this.signal.aborted ? this.signal.reason : error, log);
    } finally {
      calls.unwatch(cut);
      this.#over.abort(new Cancelled());
      if (entered) calls.leave();
      this.#observed.ended(this.incoming, code, startedMs, span);
    }
  }

  /** Ends the call with what went wrong. Nobody is left to be told of a cancellation. */
  #fail(cause: unknown, log: Log): Code {
    if (cause instanceof Cancelled) return codes.CANCELLED;
    const status = statusOfError(cause, this.incoming.path, log);
    this.incoming.finish(status);
    return status.code;
  }

  #put(answer: Answer<Output>, sent: () => void): void {
    this.#observed.figures.sent++;
    this.#untaken++;
    this.incoming.send(encode(this.#output, answer), () => {
      this.#untaken--;
      sent();
    });
  }
}

/** The client is gone, or its deadline has passed: the front has ended the call. */
class Cancelled extends Error {
  override readonly name = "Cancelled";
}

const tooSlow: Refusal = {
  reason: "OVERLOADED",
  message: `the client left ${unreadMessagesMax} messages of this stream unread`,
  facts: { limit: unreadMessagesMax },
};
