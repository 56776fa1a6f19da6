import type { Transaction } from "../core/change.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import type { CommitObserver } from "./group-commit.ts";

/** What happens when a server is emptied: it begins, the last session has gone, it is taken back. */
export type DrainEvent = "draining" | "drained" | "ended";

/**
 * Whether the server takes no new sessions, so that it can be stopped once those that it has are gone. Nothing of
 * this is stored: a server that starts takes sessions.
 */
export class Drain implements CommitObserver {
  readonly #sessions: { readonly sessionCount: number };
  readonly #listeners: ((event: DrainEvent) => void)[] = [];
  #draining = false;

  constructor(sessions: { readonly sessionCount: number }) {
    this.#sessions = sessions;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Tells of everything from now on. */
  subscribe(listener: (event: DrainEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Answers whether that is a change. */
  set(draining: boolean): boolean {
    if (draining === this.#draining) return false;
    this.#draining = draining;
    this.#tell(draining ? "draining" : "ended");
    this.#tellIfEmpty();
    return true;
  }

  /** @throws Refused DRAINING */
  mustTakeSessions(): void {
    if (this.#draining) throw new Refused(drainingRefusal);
  }

  applied({ changes }: Transaction): void {
    if (changes.at(-1)!.kind === "sessionClosed") this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    if (this.#draining && this.#sessions.sessionCount === 0) this.#tell("drained");
  }

  #tell(event: DrainEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

const drainingRefusal: Refusal = {
  reason: "DRAINING",
  message:
    "the server is being drained and takes no new sessions; open it on another server, or here once that is over",
};
