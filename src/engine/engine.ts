import type { Clock, Random } from "../clock.ts";
import type { Permission } from "../core/acl.ts";
import type { Moment } from "../core/clock-jumps.ts";
import type { Identity } from "../core/identity.ts";
import type { NodeRecord } from "../core/node.ts";
import { anonymous, type Caller, type Operation, type Outcome } from "../core/operation.ts";
import { denied } from "../core/prepare/permission.ts";
import { defaultLimits } from "../core/prepare/prepared.ts";
import { sessionExpired } from "../core/prepare/refusals.ts";
import { type Reason, type Refusal, Refused } from "../core/refusal.ts";
import { negotiateTimeoutMs, parseToken, type SessionRecord, sameSecret } from "../core/session.ts";
import type { Tree } from "../core/tree.ts";
import type { BackupHead } from "../journal/backup/format.ts";
import type { Journal } from "../journal/journal.ts";
import { type AlarmListener, Alarms } from "./alarms.ts";
import { type AdminAction, type AuditOperation, Auditor, type AuditSink } from "./audit.ts";
import { type Backup, openBackup } from "./backup.ts";
import { DiskCare } from "./disk-care.ts";
import { Drain } from "./drain.ts";
import type { WriteFigures } from "./figures.ts";
import { type CommitObserver, GroupCommit } from "./group-commit.ts";
import { Loading } from "./loading.ts";
import { QuotaWarner, type QuotaWarning } from "./quota-warner.ts";
import { Reaper } from "./reaper.ts";
import { Scans } from "./scans.ts";
import { SessionBinding } from "./session-binding.ts";
import { type Attachment, type AttachmentListener, SessionKeeper, sessionEnded } from "./session-keeper.ts";
import { SessionShares } from "./shares.ts";
import { shuttingDown } from "./shutting-down.ts";
import { Timeline } from "./timeline.ts";
import { WatchHub } from "./watch-hub.ts";
import type { WatchHolder, WatchSink, WatchStream } from "./watch-stream.ts";

export interface EngineSettings {
  /** The unit of time of sessions, in milliseconds. */
  readonly tickMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** How long a watch stream may be silent before it is sent a bookmark, in milliseconds. */
  readonly watchBookmarkIntervalMs: number;
  /** Conditions and operations of one transaction. */
  readonly maxTransactionOperations: number;
  /** Hard limits of quotas refuse. */
  readonly enforceQuota: boolean;
  /** Sessions opened from one address; 0 for any number. */
  readonly maxSessionsPerAddress: number;
  /** Sessions opened by one identity; 0 for any number. */
  readonly maxSessionsPerIdentity: number;
  /** Watches of one address, those of all its streams; 0 for any number. */
  readonly maxWatchesPerAddress: number;
  /** Watches of one identity, those of all its streams; 0 for any number. */
  readonly maxWatchesPerIdentity: number;
  /** A session's token is of use only to the identity that opened the session. Default: it is enough by itself. */
  readonly bindSessionsToIdentity?: boolean;
  /** Free space below which the disk is low; 0: never. */
  readonly diskLowBytes: number;
}

export interface EngineOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: EngineSettings;
  /** The journal failed and it is unknown what it stored: the process must end. */
  readonly onFailure: (error: unknown) => void;
  /** Undefined: nothing is audited. */
  readonly audit?: AuditSink | undefined;
  /** What backups say that they were made by. Default: nothing. */
  readonly version?: string;
  /** A limit of a quota is exceeded; told seldom. Default: silence. */
  readonly onQuotaExceeded?: (warning: QuotaWarning) => void;
  /** The wall clock was set while the server ran, or while it was down, by so many milliseconds. Default: silence. */
  readonly onClockJump?: (ms: number) => void;
  /** Default: silence. */
  readonly onAlarm?: AlarmListener | undefined;
}

/** A read, as the audit log calls it, and the permissions of which it needs one. */
export interface Access {
  readonly operation: AuditOperation;
  readonly permissions: readonly Permission[];
}

/** What is asked for when a client names no session timeout, in ticks. */
const defaultTimeoutTicks = 5;

/** The service without a front end: reads from the visible tree, writes through the one ordered writer. */
export class Engine {
  /** The visible state: everything in it is durable. */
  readonly tree: Tree;
  readonly watches: WatchHub;
  readonly scans: Scans;
  /** What operators must see to. */
  readonly alarms: Alarms;
  readonly sessions: SessionKeeper;
  readonly drain: Drain;
  readonly #journal: Journal;
  readonly #origin: Pick<BackupHead, "databaseId" | "serverVersion">;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #settings: EngineSettings;
  readonly #writer: GroupCommit;
  readonly #auditor: Auditor | undefined;
  readonly #reaper: Reaper;
  readonly #sessionShares: SessionShares;
  readonly #disk: DiskCare;
  readonly #timeline: Timeline;
  readonly #binding: SessionBinding;

  /** Loads the journal and starts to count the time of its sessions. @throws JournalUnusable */
  static async start(options: EngineOptions): Promise<Engine> {
    const loading = new Loading();
    try {
      const { lastZxid, databaseId, seen } = await options.journal.load(loading);
      const { mortals } = loading;
      const tree = loading.finish(lastZxid);
      return new Engine({ tree, databaseId, mortals, seen }, options);
    } catch (error) {
      await options.journal.close().catch(() => {});
      throw error;
    }
  }

  private constructor(
    {
      tree,
      databaseId,
      mortals,
      seen,
    }: { tree: Tree; databaseId: string; mortals: readonly string[]; seen: Moment | undefined },
    {
      journal,
      clock,
      random,
      settings,
      onFailure,
      audit,
      onQuotaExceeded = () => {},
      onClockJump: onJump = () => {},
      onAlarm,
      version = "",
    }: EngineOptions,
  ) {
    this.tree = tree;
    this.alarms = new Alarms(clock, onAlarm);
    this.#origin = { databaseId, serverVersion: version };
    this.#clock = clock;
    this.#journal = journal;
    this.#random = random;
    this.#settings = settings;
    const submit = (operation: Operation, caller: Caller) => this.submit(operation, caller);
    this.sessions = new SessionKeeper({ tree, clock, tickMs: settings.tickMs, submit });
    const timeline = new Timeline({ clock, zxid: tree.zxid, seen, onJump });
    this.#timeline = timeline;
    this.#reaper = new Reaper({ tree, mortals, clock, timeline, tickMs: settings.tickMs, submit });
    const { watchBookmarkIntervalMs: bookmarkIntervalMs } = settings;
    const shareLimits = {
      perAddress: settings.maxWatchesPerAddress,
      perIdentity: settings.maxWatchesPerIdentity,
    };
    this.watches = new WatchHub({ tree, journal, clock, bookmarkIntervalMs, shareLimits, onFailure });
    this.scans = new Scans({ tree, clock });
    this.drain = new Drain(tree);
    this.#binding = new SessionBinding(settings.bindSessionsToIdentity ?? false);
    this.#sessionShares = new SessionShares({
      perAddress: settings.maxSessionsPerAddress,
      perIdentity: settings.maxSessionsPerIdentity,
    });
    const quotaWarner = new QuotaWarner({ tree, clock, warn: onQuotaExceeded });
    // Watches first: the end of a session ends its streams, after they were told what ended with it.
    this.#auditor = audit && new Auditor(audit);
    const observers: CommitObserver[] = [this.watches, this.sessions, this.#reaper, this.scans];
    observers.push(this.#sessionShares, quotaWarner, this.drain);
    if (this.#auditor !== undefined) observers.push(this.#auditor);
    const { maxTransactionOperations: transactionOperationsMax, enforceQuota: enforceQuotas } = settings;
    const limits = { ...defaultLimits, transactionOperationsMax, enforceQuotas };
    const lowBytes = settings.diskLowBytes;
    this.#disk = new DiskCare({ journal, clock, timeline, alarms: this.alarms, lowBytes, onFailure });
    this.#writer = new GroupCommit({
      journal,
      tree,
      clock,
      timeline,
      limits,
      observers,
      onFailure,
      disk: this.#disk,
    });
  }

  /** What is counted of writes since the start. */
  get writes(): WriteFigures {
    return this.#writer.figures;
  }

  /** Does a write, or waits for those before it. Resolves once it is durable and visible, or refused; never rejects. */
  submit(operation: Operation, caller: Caller): Promise<Outcome> {
    return new Promise((resolve) => this.begin(operation, caller, resolve));
  }

  /** The same without a promise, for those who do a hundred thousand a second. `answered` must not throw. */
  begin(operation: Operation, caller: Caller, answered: (outcome: Outcome) => void): void {
    const auditor = this.#auditor;
    const told = (outcome: Outcome) => {
      answered(outcome);
      auditor?.answered(operation, caller, outcome);
    };
    this.#writer.submit(operation, caller, auditor === undefined ? answered : told);
  }

  /**
   * What is at a path, for somebody who needs one of these permissions to know.
   * @throws Refused NO_AUTH
   */
  lookUp(path: string, access: Access, caller: Caller): NodeRecord | undefined {
    const node = this.tree.node(path);
    if (node === undefined) return undefined;
    let first: Refusal | undefined;
    for (const permission of access.permissions) {
      const refusal = denied(permission, path, node, caller.identities);
      if (refusal === undefined) return node;
      first ??= refusal;
    }
    this.#auditor?.denied(access.operation, path, caller);
    throw new Refused(first!);
  }

  /**
   * Starts to read everything there is, as of now, as the bytes of a backup. @throws Refused OVERLOADED
   * @param cut told when the backup is over because its reader is too slow.
   */
  backup(cut: (refusal: Refusal) => void, caller: Caller): Backup {
    const { tree, scans } = this;
    const backup = openBackup({ tree, scans, head: { ...this.#origin, timeMs: this.#clock.wallMs() }, cut });
    this.audit({ operation: "backup" }, caller);
    return backup;
  }

  /**
   * The session that a token stands for.
   * @throws Refused SESSION_EXPIRED, the same for every wrong token; SESSION_NOT_YOURS
   */
  authenticate(token: string, identities: readonly Identity[] = []): SessionRecord {
    const parsed = parseToken(token);
    const session = parsed && this.tree.session(parsed.id);
    if (session === undefined || !sameSecret(session.secret, parsed!.secret)) {
      throw new Refused(sessionExpired());
    }
    this.#binding.mustFit(session, identities);
    return session;
  }

  /** Opens a session with the timeout asked for, clamped; 0 asks for the default. @throws Refused, DRAINING too */
  async openSession(
    askedTimeoutMs: number,
    owner = "",
    caller: Caller = anonymous,
  ): Promise<{ zxid: number; session: SessionRecord }> {
    this.drain.mustTakeSessions();
    const timeoutMs = this.#negotiate(askedTimeoutMs);
    this.#sessionShares.reserve(caller);
    try {
      const secret = this.#binding.secretFor(this.#random.secret(), caller.identities);
      const operation = { op: "openSession", secret, timeoutMs, owner } as const;
      const zxid = await this.#must(operation, caller);
      return { zxid, session: this.tree.session(zxid)! };
    } catch (error) {
      this.#sessionShares.giveBack(caller);
      throw error;
    }
  }

  /** Ends a session and answers the zxid under which its ephemeral nodes went. @throws Refused */
  closeSession(session: SessionRecord): Promise<number> {
    return this.#must({ op: "closeSession", sessionId: session.id });
  }

  /** Ends somebody else's session, and answers the zxid under which its ephemeral nodes went. @throws Refused */
  async expireSession(sessionId: number, caller: Caller): Promise<number> {
    const outcome = await this.sessions.oust(sessionId);
    const action = { operation: "expireSession", session: sessionId } as const;
    this.audit(action, caller, outcome.ok ? undefined : outcome.refusal.reason);
    if (!outcome.ok) throw new Refused(outcome.refusal);
    return outcome.zxid;
  }

  /** Whether new sessions are refused, so that the server runs empty. */
  get draining(): boolean {
    return this.drain.draining;
  }

  /** Begins to refuse new sessions, or takes them again. */
  setDraining(draining: boolean, caller: Caller): void {
    if (!this.drain.set(draining)) return;
    this.audit({ operation: "setDraining", value: String(draining) }, caller);
  }

  /** Tells the audit log of what an operator did, or was refused and why. */
  audit(action: AdminAction, caller: Caller, reason?: Reason): void {
    this.#auditor?.acted(action, caller, reason);
  }

  /**
   * Holds a session, taking it from whoever held it before; 0 keeps its timeout, another value negotiates it
   * anew. The session is held, and heard of, from the moment of the call; only the new timeout waits for the
   * disk. So the order in which clients came decides who holds it. @throws Refused SESSION_EXPIRED
   */
  async attach(
    session: SessionRecord,
    askedTimeoutMs: number,
    listener: AttachmentListener,
    caller: Caller = anonymous,
  ): Promise<Attachment> {
    const { id: sessionId } = session;
    const attachment = this.sessions.attach(session, listener, caller);
    this.#sessionShares.attached(sessionId, caller);
    const timeoutMs = askedTimeoutMs === 0 ? session.timeoutMs : this.#negotiate(askedTimeoutMs);
    if (timeoutMs === session.timeoutMs && !this.sessions.isWaiting(sessionId)) return attachment;
    try {
      const set = this.#must({ op: "setSessionTimeout", sessionId, timeoutMs });
      await this.sessions.waitFor(sessionId, set);
      attachment.beat();
    } catch (error) {
      attachment.detach();
      throw error;
    }
    return attachment;
  }

  /** Opens a stream of watches. With a session, it ends when that does. @throws Refused SESSION_EXPIRED */
  watch(holder: WatchHolder, sink: WatchSink): { readonly stream: WatchStream; close(): void } {
    const stream = this.watches.open(holder, sink);
    const close = () => this.watches.close(stream);
    const { sessionId } = holder;
    if (sessionId === undefined) return { stream, close };
    try {
      const unbind = this.bind(
        sessionId,
        (why) => stream.end(why),
        () => stream.watches.size,
      );
      return {
        stream,
        close: () => {
          unbind();
          close();
        },
      };
    } catch (error) {
      close();
      throw error;
    }
  }

  /**
   * Ties a stream to the session that it acts for: told when that ends. The answer unties it.
   * @param watches of a stream of watches, how many there are
   * @throws Refused SESSION_EXPIRED
   */
  bind(sessionId: number, ended: (why: Refusal) => void, watches?: () => number): () => void {
    return this.sessions.bind(sessionId, {
      ended: (cause) => ended(sessionEnded(cause, sessionId)),
      ...(watches !== undefined && { watches }),
    });
  }

  /**
   * From now on no session expires and no node is reaped. A stop begins with it: whoever is cut off can send no
   * heartbeat, and set the data of no node.
   */
  stopJudging(): void {
    this.sessions.stop();
    this.#reaper.stop();
  }

  /** Answers what was accepted, and closes the journal. */
  async stop(): Promise<void> {
    this.stopJudging();
    this.watches.stop();
    this.#disk.stop();
    await this.#writer.close(shuttingDown);
    await this.#journal.close(this.#timeline.now());
  }

  async #must(operation: Operation, caller: Caller = anonymous): Promise<number> {
    const outcome = await this.submit(operation, caller);
    if (!outcome.ok) throw new Refused(outcome.refusal);
    return outcome.zxid;
  }

  #negotiate(askedMs: number): number {
    const { tickMs, minSessionTimeoutMs: minMs, maxSessionTimeoutMs: maxMs } = this.#settings;
    return negotiateTimeoutMs(askedMs, { minMs, maxMs, defaultMs: defaultTimeoutTicks * tickMs });
  }
}
