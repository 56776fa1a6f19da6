import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import type { Clock } from "./clock.ts";
import { CorralError, isCorralError } from "./errors.ts";
import { connectTimeoutMs, pipelineAgeMsMax, pipelinedBytesMax, pipelineIdleMs } from "./limits.ts";
import type { Link, LinkCall } from "./link.ts";
import { Pipeline, type unanswered } from "./pipeline.ts";
import { isPipelined } from "./pipeline-wire.ts";

/**
 * The Pipeline streams of a link. Reads have one of their own, which waits for no disk, and so has every session:
 * a stream acts for one, and for those who it was opened as.
 *
 * It is only a faster way: an operation that got no answer on it is to be made as a call.
 */
export class Pipelines {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #open = new Map<string, Pipeline>();
  /** They do not work on this link. */
  #useless = false;

  constructor(link: Link, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** Whether this call may go on one of them. */
  take(method: DescMethodUnary, requestBytes: number): boolean {
    return (
      !this.#useless &&
      requestBytes <= pipelinedBytesMax &&
      method.parent === Coordination &&
      isPipelined(method.localName)
    );
  }

  /** Makes a call on one of them: its answer, or `unanswered`. @throws as a call does */
  do<Input extends DescMessage, Output extends DescMessage>(
    { localName: name, output }: DescMethodUnary<Input, Output>,
    request: Uint8Array,
    call: LinkCall,
  ): Promise<MessageShape<Output> | typeof unanswered> {
    const key = `${call.requestId === undefined} ${call.token} ${this.#link.authorization}`;
    let pipeline = this.#open.get(key);
    if (pipeline?.isOpen !== true) {
      pipeline = this.#start(key, call.token);
      this.#open.set(key, pipeline);
    }
    return pipeline.do({ name, request }, output, call);
  }

  /** Lets go of them; operations that run on them may still end. */
  close(): void {
    this.#useless = true;
    for (const pipeline of this.#open.values()) pipeline.retire();
  }

  #start(key: string, token: string | undefined): Pipeline {
    let stop = () => {};
    const { pipeline: rpc } = Coordination.method;
    const pipeline = new Pipeline(
      (listener) => this.#link.byteStream(rpc, listener, token),
      (error) => {
        stop();
        if (this.#open.get(key) === pipeline) this.#open.delete(key);
        // The server's own refusals, which have a reason, are none of the stream's.
        if (!pipeline.hasAnswered && isCorralError(error, "CONNECTION_LOST", "UNKNOWN")) this.#useless = true;
      },
    );
    stop = this.#watch(pipeline);
    return pipeline;
  }

  /** Ends a stream that is idle, or old, or that nobody answers on. The answer stops that. */
  #watch(pipeline: Pipeline): () => void {
    const startedMs = this.#clock.monotonicMs();
    let taken = 0;
    // Counted in looks: after a standstill of this process an answer may lie unread until the next one.
    let silentMs = 0;
    let stop = () => {};
    const look = () => {
      const ageMs = this.#clock.monotonicMs() - startedMs;
      const isIdle = pipeline.isIdle && pipeline.taken === taken;
      taken = pipeline.taken;
      silentMs = pipeline.hasAnswered || pipeline.isIdle ? 0 : silentMs + pipelineIdleMs;
      if (silentMs >= connectTimeoutMs) {
        pipeline.cancel(
          new CorralError("CONNECTION_LOST", `there was no answer within ${connectTimeoutMs} ms`),
        );
      } else if (isIdle || ageMs >= pipelineAgeMsMax) {
        pipeline.retire();
      } else {
        stop = this.#clock.setTimeout(look, pipelineIdleMs);
      }
    };
    stop = this.#clock.setTimeout(look, pipelineIdleMs);
    return () => stop();
  }
}
