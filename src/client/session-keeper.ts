import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { KeepAliveEvent, type KeepAliveResponse } from "../../gen/ts/corral/v1/session_pb.js";
import { Backoff } from "./backoff.ts";
import { type Clock, pause } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { type CorralError, corralErrorOf, isCorralError } from "./errors.ts";
import { Lease } from "./lease.ts";
import { LifeLine } from "./life-line.ts";
import { connectTimeoutMs, goodbyeTimeoutMs, lostSessionsMax } from "./limits.ts";
import type { Link } from "./link.ts";
import { Listeners } from "./listeners.ts";
import { HeldSession, type SessionState } from "./session.ts";

/** A change of state, and the session that it is about: none while one is being opened. */
export interface StateChange {
  readonly state: SessionState;
  readonly session: HeldSession | undefined;
}

/** An ephemeral node of the session that somebody else deleted. */
export interface EphemeralLoss {
  readonly path: string;
  readonly zxid: number;
}

/**
 * Keeps one session alive, on a connection of its own, and opens another one when it is lost.
 *
 * A loop connects, opens or attaches, and waits for the end of the stream; it knows nothing of time. Beside it,
 * timers follow the lease: they tell of its end when it is due, whatever the loop is waiting for.
 */
export class SessionKeeper {
  readonly changes = new Listeners<StateChange>();
  readonly losses = new Listeners<EphemeralLoss>();
  /** Told before a heartbeat is sent: how long the session lives without it, in milliseconds. */
  readonly beats = new Listeners<number>();
  /** Told how late a timer of this process ran, in milliseconds, when that was long enough to matter. */
  readonly stalls = new Listeners<number>();
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #askedTimeoutMs: number;
  readonly #closed = new AbortController();
  readonly #graves: string[] = [];
  /** Why the last stream ended, as long as no other has gone better. */
  trouble: CorralError | undefined;
  #state: SessionState = "connecting";
  #session: HeldSession | undefined;
  #line: LifeLine | undefined;
  #stopBeat = () => {};
  #stopWatch = () => {};

  constructor(connection: Connection, clock: Clock, askedTimeoutMs: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#askedTimeoutMs = askedTimeoutMs;
    void this.#keep();
  }

  get state(): SessionState {
    this.#look();
    return this.#state;
  }

  /** The session, while it is not over. */
  get session(): HeldSession | undefined {
    this.#look();
    return this.#session;
  }

  /** The session, as soon as there is one. Rejects with the signal's reason. */
  opened(signal: AbortSignal): Promise<HeldSession> {
    const { session } = this;
    if (session !== undefined) return Promise.resolve(session);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      this.#closed.signal.throwIfAborted();
      const done = () => {
        stop();
        signal.removeEventListener("abort", abort);
      };
      const abort = () => {
        done();
        reject(signal.reason);
      };
      const stop = this.changes.add(({ state, session }) => {
        if (state !== "connected" && state !== "closed") return;
        done();
        if (session !== undefined && state === "connected") resolve(session);
        else reject(this.#closed.signal.reason);
      });
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** Ends the session, and waits a moment for the server to say so. */
  async close(reason: CorralError): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const session = this.#session;
    const line = this.#line;
    this.#closed.abort(reason);
    this.#stopTimers();
    this.#session = undefined;
    session?.end("closed");
    this.#tell("closed", session);
    if (line === undefined) return;
    if (session?.attached) {
      line.close();
      const tired = new AbortController();
      const goodbye = pause(this.#clock, goodbyeTimeoutMs, tired.signal).catch(() => {});
      await Promise.race([line.ended, goodbye]);
      tired.abort();
    }
    line.cancel();
  }

  async #keep(): Promise<void> {
    const backoff = new Backoff();
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        const link = await this.#connection.ready(signal);
        await this.#bury(link);
        signal.throwIfAborted();
        if (await this.#hold(link)) backoff.reset();
        signal.throwIfAborted();
        this.#connection.drop(link);
        await pause(this.#clock, backoff.nextMs(), signal);
      } catch (error) {
        if (signal.aborted) return;
        // Nobody waits for this loop: whoever waits for a session is told, and it is tried again.
        this.trouble = corralErrorOf(error);
        await pause(this.#clock, backoff.nextMs(), signal).catch(() => {});
      }
    }
  }

  /** Keeps the session alive on this link until that breaks. Answers whether it went well for a while. */
  async #hold(link: Link): Promise<boolean> {
    const session = this.#session;
    let answered = false;
    const first = session ? { sessionToken: session.token } : { timeoutMs: this.#askedTimeoutMs };
    const listener = {
      granted: (answer: KeepAliveResponse, sentMs: number) => {
        answered = true;
        this.trouble = undefined;
        stopWaiting();
        this.#granted(answer, sentMs);
      },
      ephemeralLost: (path: string, zxid: number) => this.losses.tell({ path, zxid }),
    };
    const line = new LifeLine(link, this.#clock, listener, first);
    const stopWaiting = this.#clock.setTimeout(() => line.cancel(), connectTimeoutMs);
    this.#line = line;
    const error = await line.ended;
    stopWaiting();
    this.trouble = error;
    if (this.#line === line) this.#line = undefined;
    this.#stopBeat();
    if (this.#closed.signal.aborted || this.#session === undefined) return answered;
    if (isCorralError(error, "SESSION_EXPIRED")) this.#lose();
    else this.#suspend();
    // Mostly it is an earlier stream of this client that arrived late. If not, somebody else has the token, and
    // two that take it from each other should at least do so slowly.
    return answered && !isCorralError(error, "SESSION_MOVED");
  }

  #granted(answer: KeepAliveResponse, sentMs: number): void {
    // After a stall of this process the lease may have run out while the answer lay unread.
    this.#look();
    const { timeoutMs, expiresInMs } = answer;
    if (answer.event === KeepAliveEvent.OPENED) {
      this.#session = new HeldSession({
        id: Number(answer.sessionId),
        token: answer.sessionToken,
        timeoutMs,
        lease: new Lease(sentMs, expiresInMs),
        clock: this.#clock,
        look: () => this.#look(),
      });
    }
    const session = this.#session;
    if (session === undefined) return;
    session.lease.renew(sentMs, expiresInMs);
    if (answer.event !== KeepAliveEvent.ALIVE) {
      session.timeoutMs = timeoutMs;
      this.#scheduleBeat(session);
    }
    session.attached = true;
    this.#watchLease(session);
    if (this.#state !== "connected") this.#tell("connected", session);
  }

  /** A heartbeat every third of the timeout, so that two may go missing. */
  #scheduleBeat(session: HeldSession): void {
    const everyMs = session.timeoutMs / 3;
    const dueMs = this.#clock.monotonicMs() + everyMs;
    this.#stopBeat();
    this.#stopBeat = this.#clock.setTimeout(() => {
      const lateMs = this.#clock.monotonicMs() - dueMs;
      this.#look();
      if (lateMs > everyMs / 2) this.stalls.tell(lateMs);
      if (this.#line === undefined || session.isOver) return;
      this.beats.tell(session.leftMs);
      this.#line.beat();
      this.#scheduleBeat(session);
    }, everyMs);
  }

  #watchLease(session: HeldSession): void {
    this.#stopWatch();
    const nowMs = this.#clock.monotonicMs();
    const nextMs = session.lease.nextPhaseMs(nowMs);
    if (nextMs === undefined) return;
    // Timers of Node may run a fraction of a millisecond early.
    this.#stopWatch = this.#clock.setTimeout(
      () => {
        this.#look();
        if (this.#session === session) this.#watchLease(session);
      },
      Math.ceil(nextMs - nowMs),
    );
  }

  /** Acts on what the clock says of the lease. */
  #look(): void {
    const session = this.#session;
    if (session === undefined) return;
    const phase = session.lease.phase(this.#clock.monotonicMs());
    if (phase === "over") this.#lose();
    else if (phase === "stale" && session.attached) {
      // Whatever TCP says, this link is no good.
      this.#suspend();
      this.#line?.cancel();
    }
  }

  #suspend(): void {
    const session = this.#session;
    if (session?.attached !== true) return;
    session.attached = false;
    this.#tell("suspended", session);
  }

  #lose(): void {
    const session = this.#session!;
    this.#stopTimers();
    this.#session = undefined;
    this.#line?.cancel();
    this.#graves.push(session.token);
    if (this.#graves.length > lostSessionsMax) this.#graves.shift();
    session.end("lost");
    this.#tell("lost", session);
    if (!this.#closed.signal.aborted) this.#tell("connecting", undefined);
  }

  /**
   * Closes sessions that were given up but may live on at the server, so that what they left behind is gone before
   * the next one begins.
   */
  async #bury(link: Link): Promise<void> {
    for (const sessionToken of [...this.#graves]) {
      const tired = new AbortController();
      const cancel = this.#clock.setTimeout(() => tired.abort(), connectTimeoutMs);
      const call = { signal: tired.signal };
      try {
        await link.unary(Coordination.method.closeSession, { sessionToken }, call);
      } catch (error) {
        if (!isCorralError(error, "SESSION_EXPIRED")) return;
      } finally {
        cancel();
      }
      this.#graves.splice(this.#graves.indexOf(sessionToken), 1);
    }
  }

  #tell(state: SessionState, session: HeldSession | undefined): void {
    this.#state = state;
    this.changes.tell({ state, session });
  }

  #stopTimers(): void {
    this.#stopBeat();
    this.#stopWatch();
  }
}
