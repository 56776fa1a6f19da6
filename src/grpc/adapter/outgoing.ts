import { once } from "node:events";
import type { DescMessage } from "@bufbuild/protobuf";
import { status as codes, type ServerDuplexStream, type ServerWritableStream } from "@grpc/grpc-js";
import type { Span } from "@opentelemetry/api";
import { type Refusal, Refused } from "../../core/refusal.ts";
import { unreadMessagesMax } from "../../limits.ts";
import type { Log } from "../log.ts";
import { statusOfError } from "../status.ts";
import type { MethodObserver } from "./call-observer.ts";
import type { Environment } from "./environment.ts";
import { GrpcCall } from "./grpc-call.ts";
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
  readonly incoming: GrpcCall;
  readonly #call: StreamingCall;
  readonly #output: Output;
  readonly #observed: MethodObserver;
  readonly #over = new AbortController();

  constructor(call: StreamingCall, output: Output, observed: MethodObserver) {
    this.incoming = new GrpcCall(call);
    this.#call = call;
    this.#output = output;
    this.#observed = observed;
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
    this.#put(answer, (error?: Error | null) => {
      if (!error) sent();
    });
  }

  async send(answer: Answer<Output>): Promise<void> {
    this.signal.throwIfAborted();
    if (this.#put(answer)) return;
    await once(this.#call, "drain", { signal: this.signal });
  }

  push(answer: Answer<Output>): void {
    if (this.signal.aborted) return;
    if (this.#call.writableLength < unreadMessagesMax) this.#put(answer);
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
    let code = codes.OK;
    try {
      calls.enter();
      entered = true;
      calls.watch(cut);
      await handle();
      this.#call.end();
    } catch (error) {
      const cause = this.signal.aborted ? this.signal.reason : error;
      code = this.#fail(cause, log);
    } finally {
      calls.unwatch(cut);
      this.#over.abort(new Cancelled());
      if (entered) calls.leave();
      this.#observeEnd(code, startedMs, span);
    }
  }

  /**
   * To a handler, a client that has cancelled may look like one that has nothing more to say. Which of them it was
   * shows when the status has gone out, or cannot any more: grpc-js calls both "cancelled".
   */
  #observeEnd(code: codes, startedMs: number, span: Span | undefined): void {
    const over = () => this.#observed.ended(this.incoming, code, startedMs, span);
    if (code === codes.OK && !this.#call.cancelled) this.#call.once("cancelled", over);
    else over();
  }

  /** Ends the call with what went wrong. Nobody is left to be told of a cancellation. */
  #fail(cause: unknown, log: Log): codes {
    if (cause instanceof Cancelled) return codes.CANCELLED;
    const status = statusOfError(cause, this.#call.getPath(), log);
    this.#call.emit("error", status);
    return status.code;
  }

  /** Answers whether there is room for more. */
  #put(answer: Answer<Output>, written?: (error?: Error | null) => void): boolean {
    this.#observed.figures.sent++;
    return this.#call.write(encode(this.#output, answer), written);
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
