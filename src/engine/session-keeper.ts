import type { Clock } from "../clock.ts";
import type { Change, Transaction } from "../core/change.ts";
import type { Identity } from "../core/identity.ts";
import { anonymous, type Caller, type Operation, type Outcome } from "../core/operation.ts";
import { sessionExpired } from "../core/prepare/refusals.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import type { SessionRecord } from "../core/session.ts";
import type { Tree } from "../core/tree.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import { SessionFigures } from "./figures.ts";
import type { CommitObserver } from "./group-commit.ts";
import { LivenessClock } from "./liveness-clock.ts";

/** Told once when a session has ended, and why. */
export type SessionEnded = (cause: SessionEndCause, zxid: number) => void;

export type SessionEndCause = "expired" | "closed" | "ousted";

/** What is tied to a session. */
export interface Bound {
  readonly ended: SessionEnded;
  /** Of a stream of watches: how many there are on it. */
  readonly watches?: () => number;
}

/** What the holder of a session is told. */
export interface AttachmentListener {
  /** Where the holder is, for operators. */
  readonly peer?: string;
  /** Another attachment holds the session now; this one is over. */
  moved(): void;
  /** The session has ended and its ephemeral nodes are gone; this attachment is over. */
  ended: SessionEnded;
  /** Somebody else deleted these ephemeral nodes of the session, at least one, or took them over, in one change. */
  ephemeralsLost(paths: readonly string[], zxid: number): void;
}

/** A session, as operators see it. */
export interface SessionView {
  readonly session: SessionRecord;
  /** Held by somebody, by nobody, or expired while its end waits for the disk. */
  readonly state: "attached" | "detached" | "ending";
  readonly expiresInMs: number;
  /** Of whoever holds it, or held it last; "" if nobody has come for it since the start. */
  readonly peer: string;
  /** Of whoever opened it or, after a restart, attached to it first. */
  readonly identities: readonly Identity[];
  readonly watchStreams: number;
  readonly watches: number;
}

/** A hold on a session: the way its heartbeats come in. */
export interface Attachment {
  readonly session: SessionRecord;
  /** A heartbeat: the session lives for its full timeout from now. Without effect once the attachment is over. */
  beat(): void;
  /** How long the session lives without a further heartbeat, in milliseconds. */
  expiresInMs(): number;
  /** Lets go. The session lives on until its timeout. */
  detach(): void;
}

/** Turns a tick into this many turns of expiry, so that a session ends well within one tick of its timeout. */
const turnsPerTick = 4;

/** Sessions whose close is submitted in one go. */
const expirySliceSessions = 200;

/**
 * When sessions end: it counts the silence of each, and submits the close of those that were silent for too
 * long, like any other write. What a session is, and what ends with it, is decided in the core.
 */
export class SessionKeeper implements CommitObserver {
  readonly #tree: Tree;
  readonly #submit: (operation: Operation, caller: Caller) => Promise<Outcome>;
  readonly #liveness: LivenessClock;
  readonly #queue: ExpiryQueue<Lease>;
  readonly #leases = new Map<number, Lease>();
  readonly #stopTimer: () => void;
  readonly figures = new SessionFigures();
  #stopped = false;

  /** Every session in the tree gets its full timeout from now. */
  constructor(options: {
    readonly tree: Tree;
    readonly clock: Clock;
    readonly tickMs: number;
    readonly submit: (operation: Operation, caller: Caller) => Promise<Outcome>;
  }) {
    const { tree, clock, tickMs } = options;
    const intervalMs = tickMs / turnsPerTick;
    this.#tree = tree;
    this.#submit = options.submit;
    this.#liveness = new LivenessClock(clock, intervalMs);
    this.#queue = new ExpiryQueue(intervalMs, this.#liveness.nowMs());
    for (const session of tree.sessions()) this.#grant(session);
    this.#stopTimer = clock.setInterval(() => this.#turn(), intervalMs);
  }

  /** Takes the session over from whoever held it. @throws Refused SESSION_EXPIRED if it has run out. */
  attach(session: SessionRecord, listener: AttachmentListener, caller: Caller = anonymous): Attachment {
    const lease = this.#leases.get(session.id);
    if (lease === undefined || lease.expired) throw new Refused(sessionExpired(session.id));
    const before = lease.listener;
    if (before === undefined) this.figures.attached++;
    lease.listener = listener;
    lease.peer = listener.peer ?? caller.address ?? "";
    lease.identities ??= caller.identities;
    before?.moved();
    this.#beat(lease);
    return {
      get session() {
        return lease.session;
      },
      beat: () => {
        if (lease.listener === listener) this.#beat(lease);
      },
      expiresInMs: () => lease.leftMs(this.#liveness.nowMs()),
      detach: () => {
        if (lease.listener === listener) this.#letGo(lease);
      },
    };
  }

  /** Whether somebody who attaches waits for a new timeout: it is not what the session's record says yet. */
  isWaiting(sessionId: number): boolean {
    return (this.#leases.get(sessionId)?.waiting ?? 0) > 0;
  }

  /** Waits for the disk on behalf of an attached client. Nobody reads its heartbeats meanwhile, so its time stands still. */
  async waitFor<T>(sessionId: number, answer: Promise<T>): Promise<T> {
    const lease = this.#leases.get(sessionId);
    if (lease === undefined) return answer;
    lease.waiting++;
    try {
      return await answer;
    } finally {
      lease.waiting--;
    }
  }

  /**
   * Ties something to a session, a stream that acts for it say: told when the session ends. The answer unties it.
   * @throws Refused SESSION_EXPIRED
   */
  bind(sessionId: number, bound: Bound): () => void {
    const lease = this.#leases.get(sessionId);
    if (lease === undefined || lease.expired) throw new Refused(sessionExpired(sessionId));
    lease.bound ??= new Set();
    lease.bound.add(bound);
    return () => void lease.bound?.delete(bound);
  }

  /** Ends a session although it is alive. Heartbeats count until that is durable, in case it cannot be. */
  async oust(sessionId: number): Promise<Outcome> {
    const lease = this.#leases.get(sessionId);
    if (lease === undefined) return { ok: false, refusal: noSession(sessionId) };
    lease.ousted = true;
    const outcome = await this.#submit({ op: "closeSession", sessionId }, anonymous);
    if (outcome.ok) return outcome;
    lease.ousted = false;
    // It has ended by itself meanwhile.
    return outcome.refusal.reason === "SESSION_EXPIRED"
      ? { ok: false, refusal: noSession(sessionId) }
      : outcome;
  }

  /**
   * The open sessions after this one that end within a time if they stay silent. Leases lie in the order of their
   * ids, since ids only grow and the journal loads them in order.
   */
  *list(afterId: number, withinMs = Number.POSITIVE_INFINITY): Generator<SessionView> {
    const nowMs = this.#liveness.nowMs();
    for (const lease of this.#leases.values()) {
      if (lease.session.id > afterId && lease.deadlineMs - nowMs <= withinMs) yield viewOf(lease, nowMs);
    }
  }

  /** How long until the session's end if it stays silent, in milliseconds; undefined if it is not open. */
  expiresInMs(sessionId: number): number | undefined {
    const lease = this.#leases.get(sessionId);
    return lease?.leftMs(this.#liveness.nowMs());
  }

  /** No session expires any more, except those whose end waits for the disk already. */
  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
  }

  applied({ changes, zxid }: Transaction, caller: Caller): void {
    // Session changes come last in a transaction.
    const change = changes.at(-1)!;
    if (change.kind === "sessionOpened") {
      this.#grant(this.#tree.session(change.sessionId)!, caller);
      this.figures.opened++;
    } else if (change.kind === "sessionTimeoutSet") {
      const lease = this.#leases.get(change.sessionId)!;
      lease.session = this.#tree.session(change.sessionId)!;
      this.#queue.put(lease);
    } else if (change.kind === "sessionClosed") {
      this.#end(this.#leases.get(change.sessionId)!, zxid);
    } else {
      this.#tellLosses(changes, zxid, caller);
    }
  }

  /** When a session ends, its holder learns that, not the loss of each node. */
  #tellLosses(changes: Transaction["changes"], zxid: number, caller: Caller): void {
    let lost: Map<number, string[]> | undefined;
    for (const change of changes) {
      const owner = loserOf(change);
      if (owner === 0 || owner === caller.sessionId || !("path" in change)) continue;
      lost ??= new Map();
      const paths = lost.get(owner);
      if (paths === undefined) lost.set(owner, [change.path]);
      else paths.push(change.path);
    }
    for (const [owner, paths] of lost ?? []) this.#leases.get(owner)?.listener?.ephemeralsLost(paths, zxid);
  }

  #end(lease: Lease, zxid: number): void {
    this.#leases.delete(lease.session.id);
    this.#queue.remove(lease);
    const cause = lease.expired ? "expired" : lease.ousted ? "ousted" : "closed";
    if (lease.expired) {
      this.figures.expired++;
      const lateMs = this.#liveness.nowMs() - lease.deadlineMs;
      this.figures.latenessSeconds.observe(lateMs / 1_000);
    } else {
      this.figures.closed++;
    }
    this.#letGo(lease)?.ended(cause, zxid);
    for (const { ended } of lease.bound ?? []) ended(cause, zxid);
  }

  /** Nobody holds the session any more; answers who did. */
  #letGo(lease: Lease): AttachmentListener | undefined {
    const { listener } = lease;
    if (listener !== undefined) this.figures.attached--;
    lease.listener = undefined;
    return listener;
  }

  #grant(session: SessionRecord, opener: Caller = anonymous): void {
    const lease = new Lease(session, this.#liveness.nowMs());
    lease.peer = opener.address ?? "";
    lease.identities = opener.identities;
    this.#leases.set(session.id, lease);
    this.#queue.put(lease);
  }

  #beat(lease: Lease): void {
    if (!lease.expired) lease.heardMs = this.#liveness.nowMs();
  }

  #turn(): void {
    const due = this.#queue.takeDue(this.#liveness.turn());
    const [waiting, silent] = [due.filter(isWaiting), due.filter((lease) => !isWaiting(lease))];
    for (const lease of waiting) {
      this.#beat(lease);
      this.#queue.put(lease);
    }
    for (const lease of silent) lease.expired = true;
    this.#expireSome(silent, 0);
  }

  /** A few at a time, because thousands may run out at once, and everybody else's calls go on. */
  #expireSome(due: readonly Lease[], from: number): void {
    if (this.#stopped) return;
    const to = Math.min(from + expirySliceSessions, due.length);
    for (const lease of due.slice(from, to)) void this.#expire(lease);
    if (to < due.length) setImmediate(() => this.#expireSome(due, to));
  }

  /** What has run out stays out: if the close cannot be stored, a full disk say, it is tried again each turn. */
  async #expire(lease: Lease): Promise<void> {
    const outcome = await this.#submit({ op: "closeSession", sessionId: lease.session.id }, anonymous);
    if (!outcome.ok && this.#leases.has(lease.session.id)) this.#queue.put(lease);
  }
}

/** The running time of a session. */
class Lease {
  session: SessionRecord;
  heardMs: number;
  expired = false;
  /** Somebody in charge is about to end it. */
  ousted = false;
  /** Attachments that wait for the disk before they are answered. */
  waiting = 0;
  peer = "";
  /** Undefined: of nobody yet. */
  identities: readonly Identity[] | undefined;
  listener: AttachmentListener | undefined;
  /** Made when needed: most sessions have nothing tied to them but their ephemeral nodes. */
  bound: Set<Bound> | undefined;

  constructor(session: SessionRecord, heardMs: number) {
    this.session = session;
    this.heardMs = heardMs;
  }

  get deadlineMs(): number {
    return this.heardMs + this.session.timeoutMs;
  }

  /** No more than the timeout: what was heard during a stall is later than the time that the stall leaves. */
  leftMs(nowMs: number): number {
    return Math.min(Math.max(0, this.deadlineMs - nowMs), this.session.timeoutMs);
  }
}

function isWaiting({ waiting }: Lease): boolean {
  return waiting > 0;
}

function viewOf(lease: Lease, nowMs: number): SessionView {
  let watchStreams = 0;
  let watches = 0;
  for (const bound of lease.bound ?? []) {
    if (bound.watches === undefined) continue;
    watchStreams++;
    watches += bound.watches();
  }
  const { session, expired, listener, peer, identities = [] } = lease;
  const state = expired ? "ending" : listener === undefined ? "detached" : "attached";
  const expiresInMs = expired ? 0 : lease.leftMs(nowMs);
  return { session, state, expiresInMs, peer, identities, watchStreams, watches };
}

/** The session that loses an ephemeral node by a change; 0 for none. */
function loserOf(change: Change): number {
  if (change.kind === "nodeDeleted") return change.node.ephemeralOwner;
  return change.kind === "nodeDataSet" ? (change.takenFrom ?? 0) : 0;
}

/** There is no such session to look at or to end. */
export function noSession(sessionId: number): Refusal {
  const message = `no session ${sessionId} is open: it has ended, or never was`;
  return { reason: "NO_SESSION", message, facts: { session_id: sessionId } };
}

/** What the streams of a session that has ended are told. */
export function sessionEnded(cause: SessionEndCause, sessionId: number): Refusal {
  return { reason: "SESSION_EXPIRED", message: endMessages[cause], facts: { session_id: sessionId } };
}

const endMessages: Readonly<Record<SessionEndCause, string>> = {
  expired: "the session was silent for longer than its timeout and has expired; open a new one",
  closed: "the session was closed; open a new one",
  ousted: "an operator has ended the session; open a new one",
};
