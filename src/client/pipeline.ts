import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.js";
import { CorralError, errorFromStatus, isCorralError, noAnswers } from "./errors.ts";
import { pipelineMessageBytes, pipelineMessageOperationsMax } from "./limits.ts";
import type { LinkCall } from "./link.ts";
import type { ByteStream, StreamListener } from "./link-stream.ts";
import { type EncodedOperation, type EncodedResult, requestOf, resultsIn } from "./pipeline-wire.ts";
import { Queue } from "./queue.ts";

/** What became of an operation whose stream is over before its answer was there. */
export const unanswered = Symbol("unanswered");

/** An operation from when it is asked for until its answer has arrived. */
interface Slot extends EncodedOperation {
  /** Nobody waits for it any more. */
  abandoned: boolean;
  sent: boolean;
  answered(answer: Uint8Array): void;
  failed(error: CorralError): void;
  dropped(): void;
}

/**
 * One Pipeline stream. What is asked for in one turn of the event loop goes out together. As on the server, one
 * message is on its way at a time: what does not leave waits here, where it can still be given up.
 */
export class Pipeline {
  /** The server has answered something that makes sense. */
  hasAnswered = false;
  /** How many operations it was given. */
  taken = 0;
  readonly #stream: ByteStream;
  readonly #ended: (error: CorralError | undefined) => void;
  readonly #waiting = new Queue<Slot>();
  readonly #sent = new Queue<Slot>();
  /** Operations for which somebody waits. */
  #awaited = 0;
  #scheduled = false;
  #sending = false;
  #retired = false;
  #over = false;

  /** @param ended is told once that the stream is over, with an error if this side did not want that. */
  constructor(
    open: (listener: StreamListener<Uint8Array>) => ByteStream,
    ended: (error: CorralError | undefined) => void,
  ) {
    this.#ended = ended;
    this.#stream = open({
      received: (message) => this.#received(message),
      ended: (error) =>
        this.cancel(error ?? new CorralError("CONNECTION_LOST", "the server ended the stream")),
    });
  }

  /** It takes operations. */
  get isOpen(): boolean {
    return !this.#retired && !this.#over;
  }

  /** All operations have been answered, also those that nobody waits for. */
  get isIdle(): boolean {
    return this.#sent.size + this.#waiting.size === 0;
  }

  /**
   * Does an operation, after those before it: its answer, or `unanswered` when the stream is over before that.
   * @throws CorralError; the signal's reason when that is aborted.
   */
  do<Output extends DescMessage>(
    operation: Pick<EncodedOperation, "name" | "request">,
    output: Output,
    { signal, requestId, lost }: LinkCall,
  ): Promise<MessageShape<Output> | typeof unanswered> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const settle = () => {
        signal.removeEventListener("abort", abort);
        this.#awaited--;
        if (this.#retired) this.retire();
      };
      const abort = () => {
        slot.abandoned = true;
        if (slot.sent) lost?.();
        reject(signal.reason);
        settle();
      };
      const slot: Slot = {
        name: operation.name,
        request: operation.request,
        requestId,
        abandoned: false,
        sent: false,
        answered(answer) {
          // A copy: a small value must not hold on to the message that it came in.
          resolve(fromBinary(output, new Uint8Array(answer)));
          settle();
        },
        failed(error) {
          if (isCorralError(error, ...noAnswers)) lost?.();
          reject(error);
          settle();
        },
        dropped() {
          if (slot.sent) lost?.();
          resolve(unanswered);
          settle();
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.taken++;
      this.#awaited++;
      this.#waiting.push(slot);
      this.#schedule();
    });
  }

  /** Takes no more operations, and ends when nobody waits for one. */
  retire(): void {
    this.#retired = true;
    if (this.#awaited === 0) this.cancel();
  }

  /** Gives the stream up, for this reason if it did not work. */
  cancel(error?: CorralError): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.cancel();
    this.#ended(error);
    for (const queue of [this.#sent, this.#waiting])
      for (let slot = queue.shift(); slot !== undefined; slot = queue.shift())
        if (!slot.abandoned) slot.dropped();
  }

  #schedule(): void {
    if (this.#scheduled || this.#sending) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#sending || this.#over) return;
    const operations: Slot[] = [];
    let bytes = 0;
    while (bytes < pipelineMessageBytes && operations.length < pipelineMessageOperationsMax) {
      const slot = this.#waiting.shift();
      if (slot === undefined) break;
      if (slot.abandoned) continue;
      slot.sent = true;
      bytes += slot.request.length;
      operations.push(slot);
      this.#sent.push(slot);
    }
    if (operations.length === 0) return;
    this.#sending = true;
    this.#stream.send(requestOf(operations), () => {
      this.#sending = false;
      this.#flush();
    });
  }

  #received(message: Uint8Array): void {
    if (this.#over) return;
    let slot: Slot | undefined;
    try {
      for (const result of resultsIn(message)) {
        slot = this.#sent.shift();
        answer(slot, result);
        slot = undefined;
      }
      this.hasAnswered = true;
    } catch (cause) {
      if (slot?.abandoned === false) slot.dropped();
      const { message: text } = cause as Error;
      this.cancel(new CorralError("UNKNOWN", `the server's answer makes no sense: ${text}`, { cause }));
    }
  }
}

/** @throws Error when the result is not that of the operation */
function answer(slot: Slot | undefined, { name, bytes }: EncodedResult): void {
  if (slot === undefined || (name !== slot.name && name !== "error"))
    throw new Error(`"${name}" is no answer to ${slot?.name ?? "nothing"}`);
  if (slot.abandoned) return;
  if (name === "error") slot.failed(errorFromStatus(fromBinary(StatusSchema, bytes)));
  else slot.answered(bytes);
}
