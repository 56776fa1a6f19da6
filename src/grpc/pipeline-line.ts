import { type PipelineOperation, PipelineResponseSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { varintBytes } from "../bytes.ts";
import {
  pipelineAnswerBytesMax,
  pipelineInFlightMax,
  pipelineMessageBytes,
  pipelineSliceBytes,
  pipelineSliceOperations,
} from "../limits.ts";
import type { Outgoing } from "./adapter/outgoing.ts";
import type { PipelineAnswer, Place } from "./pipeline-operations.ts";
import { ProtoWriter } from "./proto-writer.ts";

/** An operation from when it is taken until its answer is sent. */
class Slot implements Place {
  answer: PipelineAnswer | undefined;
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  answered(answer: PipelineAnswer): void {
    this.answer = answer;
    this.#line.answered(this, answer);
  }

  failed(error: unknown): void {
    this.#line.fail(error);
  }
}

/** What an operation counts for: as many as it is made of. Nobody knows how large a subtree is before it is looked at. */
function weightOf({ operation }: PipelineOperation): number {
  switch (operation.case) {
    case "transact": {
      const { conditions, operations, elseOperations } = operation.value;
      return conditions.length + operations.length + elseOperations.length + 1;
    }
    case "delete":
    case "setAcl":
      return operation.value.recursive ? pipelineSliceOperations : 1;
    default:
      return 1;
  }
}

type Begin = (
  operation: PipelineOperation,
  options: { readonly place: Place; readonly behindWrites: boolean },
) => void;

/**
 * The operations of one Pipeline, in their order: each is begun as it comes, answers wait for those before them,
 * and as many as are ready go out in one message. As in a watch stream, one message is on its way at a time, so
 * that what becomes ready meanwhile is put together.
 */
export class Line {
  readonly #stream: Pick<Outgoing<typeof PipelineResponseSchema>, "write" | "signal">;
  readonly #begin: Begin;
  readonly #grew: (bytes: number) => void;
  readonly #writer = new ProtoWriter();
  #slots: Slot[] = [];
  /** Slots before this index have been sent. */
  #sent = 0;
  /** Operations whose answer is not there yet: writes, and reads behind them. */
  #pending = 0;
  #answerBytes = 0;
  #sentBytes = 0;
  /** Operations, and bytes of answers, since everybody else had a turn. */
  #sliceOperations = 0;
  #sliceBytes = 0;
  #sending = false;
  #scheduled = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @param grew told of the bytes of each answer. */
  constructor(
    stream: Pick<Outgoing<typeof PipelineResponseSchema>, "write" | "signal">,
    begin: Begin,
    grew: (bytes: number) => void = () => {},
  ) {
    this.#stream = stream;
    this.#begin = begin;
    this.#grew = grew;
    stream.signal.addEventListener("abort", () => this.#wake?.());
  }

  /** Bytes of answers that are ready. */
  get heldBytes(): number {
    return this.#answerBytes;
  }

  /** Those that wait because the client has not taken the message before. */
  get waitingBytes(): number {
    return this.#sending ? this.#answerBytes : 0;
  }

  /** Bytes that it has taken since the start. */
  get movedBytes(): number {
    return this.#sentBytes;
  }

  /** What to wait for before another operation is taken: the client reads its answers; undefined for nothing. */
  room(): Promise<void> | undefined {
    return this.#isFull() ? this.#until(() => !this.#isFull()) : undefined;
  }

  /** The turn of everybody else, once there has been enough work in this one; undefined before. */
  breath(): Promise<void> | undefined {
    if (this.#sliceOperations < pipelineSliceOperations && this.#sliceBytes < pipelineSliceBytes)
      return undefined;
    this.#sliceOperations = 0;
    this.#sliceBytes = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** @throws what an operation failed with for a reason that nobody foresaw */
  take(operation: PipelineOperation): void {
    const place = new Slot(this);
    this.#slots.push(place);
    this.#sliceOperations += weightOf(operation);
    const behindWrites = this.#pending > 0;
    this.#pending++;
    this.#begin(operation, { place, behindWrites });
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when everything that was taken has been answered and sent. */
  finished(): Promise<void> {
    return this.#until(() => this.#sent === this.#slots.length && !this.#sending);
  }

  /** Sends the answers that are ready, in order; the rest follows when a message has been sent. */
  flush(): void {
    if (this.#sending || this.#slots[this.#sent]?.answer === undefined) return;
    const writer = this.#writer.clear();
    for (
      let next = this.#slots[this.#sent];
      next?.answer !== undefined && writer.length < pipelineMessageBytes;
      next = this.#slots[++this.#sent]
    ) {
      const { field, bytes } = next.answer;
      writer.messageOf(resultsField, 1 + varintBytes(bytes.length) + bytes.length);
      writer.message(field, bytes);
      this.#answerBytes -= bytes.length;
      this.#sentBytes += bytes.length;
      // The slot may lie here for a while, the answer need not.
      next.answer = undefined;
    }
    this.#forgetSent();
    this.#sending = true;
    this.#stream.write(writer.finish(), () => {
      this.#sending = false;
      this.flush();
      this.#wake?.();
    });
  }

  /** For the slots: one has its answer. */
  answered(slot: Slot, { bytes }: PipelineAnswer): void {
    this.#pending--;
    this.#answerBytes += bytes.length;
    this.#grew(bytes.length);
    this.#sliceBytes += bytes.length;
    if (slot === this.#slots[this.#sent]) this.#schedule();
  }

  /** For the slots: what one waits for will not come. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  /** After all answers of a batch, which come one by one in the same turn. */
  #schedule(): void {
    if (this.#scheduled || this.#sending) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  #isFull(): boolean {
    return (
      this.#slots.length - this.#sent >= pipelineInFlightMax || this.#answerBytes >= pipelineAnswerBytesMax
    );
  }

  #forgetSent(): void {
    if (this.#sent < this.#slots.length / 2) return;
    this.#slots = this.#slots.slice(this.#sent);
    this.#sent = 0;
  }

  /** Rejects when the stream is over, or an operation has failed for a reason that nobody foresaw. */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      this.flush();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#stream.signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure.error;
    }
    this.#wake = undefined;
  }
}

const resultsField = PipelineResponseSchema.field.results.number;
