import type { Clock } from "./clock.ts";
import { CorralError } from "./errors.ts";
import type { Lease } from "./lease.ts";

/** Where a client and its session stand; docs/client.md has the diagram and the times. */
export type SessionState =
  /** There is no session yet, or none any more, and one is being opened. */
  | "connecting"
  /** The session lives, and its heartbeats are answered. */
  | "connected"
  /** The session lives still, but its stream has broken or its heartbeats have gone unanswered. */
  | "suspended"
  /** The session is over: its ephemeral nodes are gone, or will be soon. */
  | "lost"
  /** It was closed by this program. */
  | "closed";

/** A session: what the client's ephemeral nodes belong to. */
export interface Session {
  /** As in the `ephemeralOwner` of its nodes. Never given twice. */
  readonly id: number;
  /** The timeout that the server granted, in milliseconds. */
  readonly timeoutMs: number;
  /** "connected", "suspended", "lost" or "closed", as of the moment of asking: right after a stall, too. */
  readonly state: SessionState;
  /** How long the session certainly lives yet, in milliseconds; 0 when it is over. */
  readonly leftMs: number;
  /** Aborted when the session is lost or closed: what to give to work that only its holder may do. */
  readonly signal: AbortSignal;
}

/** A session from the inside. */
export class HeldSession implements Session {
  readonly id: number;
  readonly lease: Lease;
  timeoutMs: number;
  /** Whether a stream holds it that answers. */
  attached = true;
  /** Private, so that a session that is logged does not show it. */
  readonly #token: string;
  readonly #clock: Clock;
  readonly #look: () => void;
  readonly #ended = new AbortController();
  #end: "lost" | "closed" | undefined;

  /** @param look makes whoever keeps the session act on what the clock says. */
  constructor(options: {
    readonly id: number;
    readonly token: string;
    readonly timeoutMs: number;
    readonly lease: Lease;
    readonly clock: Clock;
    readonly look: () => void;
  }) {
    this.id = options.id;
    this.#token = options.token;
    this.timeoutMs = options.timeoutMs;
    this.lease = options.lease;
    this.#clock = options.clock;
    this.#look = options.look;
  }

  get token(): string {
    return this.#token;
  }

  get state(): SessionState {
    if (this.#end === undefined) this.#look();
    return this.#end ?? (this.attached ? "connected" : "suspended");
  }

  get leftMs(): number {
    return this.isOver ? 0 : this.lease.leftMs(this.#clock.monotonicMs());
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  end(how: "lost" | "closed"): void {
    if (this.#end !== undefined) return;
    this.#end = how;
    this.#ended.abort(
      new CorralError("SESSION_EXPIRED", `the session ${this.id} is ${how}`, {
        code: "FAILED_PRECONDITION",
        facts: { session_id: `${this.id}` },
      }),
    );
  }
}
