import type { MessageInitShape } from "@bufbuild/protobuf";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import {
  KeepAliveEvent,
  type KeepAliveRequestSchema,
  type KeepAliveResponse,
} from "../../gen/ts/corral/v1/session_pb.js";
import type { Clock } from "./clock.ts";
import type { CorralError } from "./errors.ts";
import type { Link } from "./link.ts";
import type { Stream } from "./link-stream.ts";

/** What a life line tells. */
export interface LifeLineListener {
  /** An opening, an attachment or a heartbeat was answered; it had been sent at `sentMs`. */
  granted(answer: KeepAliveResponse, sentMs: number): void;
  /** Somebody else deleted an ephemeral node of the session. */
  ephemeralLost(path: string, zxid: number): void;
}

/** One KeepAlive stream. It pairs each answer with the moment at which the server was asked. */
export class LifeLine {
  /** Resolves with why the stream ended; undefined for OK. */
  readonly ended: Promise<CorralError | undefined>;
  readonly #clock: Clock;
  readonly #listener: LifeLineListener;
  readonly #stream: Stream<typeof KeepAliveRequestSchema>;
  readonly #sentMs: number[] = [];
  #over = false;

  /** Opens a session, or attaches to the one whose token is given. */
  constructor(
    link: Link,
    clock: Clock,
    listener: LifeLineListener,
    first: MessageInitShape<typeof KeepAliveRequestSchema>,
  ) {
    this.#clock = clock;
    this.#listener = listener;
    const { promise, resolve } = Promise.withResolvers<CorralError | undefined>();
    this.ended = promise;
    this.#stream = link.stream(Coordination.method.keepAlive, {
      received: (answer) => this.#received(answer),
      ended: (error) => {
        this.#over = true;
        resolve(error);
      },
    });
    this.#ask(first);
  }

  /** Sends a heartbeat. */
  beat(): void {
    this.#ask({});
  }

  /** Asks for the end of the session; the stream ends with OK after that. */
  close(): void {
    this.#stream.send({ close: true });
  }

  /** Gives the stream up. Nothing is told any more. */
  cancel(): void {
    this.#over = true;
    this.#stream.cancel();
  }

  #ask(request: MessageInitShape<typeof KeepAliveRequestSchema>): void {
    if (this.#over) return;
    this.#sentMs.push(this.#clock.monotonicMs());
    this.#stream.send(request);
  }

  #received(answer: KeepAliveResponse): void {
    if (this.#over || answer.event === KeepAliveEvent.CLOSED) return;
    if (answer.event === KeepAliveEvent.EPHEMERAL_LOST) {
      for (const path of [answer.path, ...answer.morePaths]) {
        this.#listener.ephemeralLost(path, Number(answer.zxid));
      }
    } else {
      const sentMs = this.#sentMs.shift();
      if (sentMs !== undefined) this.#listener.granted(answer, sentMs);
    }
  }
}
