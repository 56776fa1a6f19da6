import { expect } from "vitest";
import type { Refusal } from "../../src/core/refusal.ts";
import type { WatchSpec } from "../../src/core/watch.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Notice, WatchMessage } from "../../src/engine/outbox.ts";
import type { WatchStream } from "../../src/engine/watch-stream.ts";
import { type NaiveIdentity, superUser } from "../support/naive-acl.ts";
import { isOneShot, type ToldEvent, type WatchReference } from "../support/watch-reference.ts";

/** How often the rare things happened. */
export interface Seen {
  events: number;
  tooSlow: number;
  compacted: number;
  restarts: number;
  resumed: number;
  bookmarks: number;
  /** Events that a reader was not to know of. */
  hidden: number;
  /** Readings of the history that failed: the server ended, and was started again. */
  unreadable: number;
}

/** A watch as its client knows it, over all streams that it had. */
interface Kept {
  readonly id: number;
  readonly path: string;
  readonly spec: WatchSpec;
  /** What it is told begins after this zxid. Undefined until it is told so. */
  after: number | undefined;
  /** Everything up to here was handled. */
  handled: number;
  readonly told: ToldEvent[];
  over: boolean;
}

type Arrived = { readonly message: WatchMessage } | { readonly end: Refusal };

/** A client with one stream at a time. It resumes each watch after the last zxid that it handled. */
export class Reader {
  readonly #reference: WatchReference;
  readonly #identities: readonly NaiveIdentity[];
  readonly #seen: Seen;
  readonly #watches = new Map<number, Kept>();
  #nextId = 0;
  #connection: { readonly engine: Engine; readonly stream: WatchStream; close(): void } | undefined;
  /** Sent and not yet read. */
  #inbox: Arrived[] = [];
  #sent: (() => void) | undefined;
  #paused = false;
  #bookmark = 0;
  #endedWith: Refusal | undefined;
  #failure: unknown;

  constructor(reference: WatchReference, identities: readonly NaiveIdentity[], seen: Seen) {
    this.#reference = reference;
    this.#identities = identities;
    this.#seen = seen;
  }

  get connected(): boolean {
    return this.#connection !== undefined && this.#endedWith === undefined;
  }

  connect(engine: Engine): void {
    this.#inbox = [];
    this.#sent = undefined;
    this.#endedWith = undefined;
    this.#bookmark = 0;
    const inbox = this.#inbox;
    const { stream, close } = engine.watch(
      { peer: "test", sessionId: undefined, identities: this.#identities },
      {
        send: (message, sent) => {
          // What is sent is durable, whoever reads it when.
          for (const { event } of message.notices) expect(event.zxid).toBeLessThanOrEqual(engine.tree.zxid);
          inbox.push({ message });
          expect(this.#sent, "one message at a time").toBeUndefined();
          this.#sent = sent;
          if (!this.#paused) queueMicrotask(() => this.#guard(() => this.read(Number.POSITIVE_INFINITY)));
        },
        cut: (refusal) => inbox.push({ end: refusal }),
      },
    );
    this.#connection = { engine, stream, close };
    for (const watch of this.#watches.values()) if (!watch.over) this.#resume(watch);
    stream.flush();
  }

  /** What was sent and not read is lost with the connection. */
  disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  watch({ path, spec, back }: { path: string; spec: WatchSpec; back: number | undefined }): void {
    if (!this.connected) return;
    const zxid = this.#connection!.engine.tree.zxid;
    const id = this.#nextId++;
    const watch: Kept = { id, path, spec, after: undefined, handled: 0, told: [], over: false };
    this.#watches.set(id, watch);
    this.#add(watch, back === undefined ? undefined : Math.max(0, zxid - back));
    this.#connection!.stream.flush();
  }

  cancelOne(): void {
    const watch = [...this.#watches.values()].find(({ over }) => !over);
    if (watch === undefined || !this.connected) return;
    watch.over = true;
    this.#connection!.engine.watches.cancel(this.#connection!.stream, watch.id);
    this.#connection!.stream.flush();
  }

  askBookmark(): void {
    if (this.connected) this.#connection!.engine.watches.askBookmark(this.#connection!.stream);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.read(Number.POSITIVE_INFINITY);
  }

  /** Handles some of the messages that have arrived, in order. */
  read(count: number): void {
    for (let left = count; left > 0; left--) {
      const arrived = this.#inbox.shift();
      if (arrived === undefined) break;
      if ("end" in arrived) this.#end(arrived.end);
      else this.#handle(arrived.message);
    }
    if (this.#inbox.length > 0) return;
    const sent = this.#sent;
    this.#sent = undefined;
    if (sent !== undefined) queueMicrotask(sent);
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const watch of this.#watches.values()) {
      if (watch.after === undefined) continue;
      const { spec, path, after, handled, told } = watch;
      expect(told, `${spec.kind} ${spec.depth} on ${path} after ${after}, through ${handled}`).toEqual(
        this.#reference.expected(watch, this.#identities, after, handled),
      );
    }
  }

  /** At the end: everybody has read everything. */
  checkToldThrough(zxid: number): void {
    for (const watch of this.#watches.values()) {
      if (watch.over || watch.after === undefined) continue;
      expect(watch.told).toEqual(this.#reference.expected(watch, this.#identities, watch.after, zxid));
      const all = this.#reference.expected(watch, [superUser], watch.after, zxid);
      this.#seen.hidden += all.length - watch.told.length;
      expect(this.#bookmark).toBe(zxid);
    }
  }

  /** What fails where nobody listens is told by the next check. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #resume(watch: Kept): void {
    if (watch.after === undefined) {
      this.#add(watch, undefined);
      return;
    }
    // A one-shot watch begins anew: what ended it, if anything did, was nothing that its reader may know of.
    if (isOneShot(watch.spec)) watch.after = watch.handled;
    this.#add(watch, watch.handled);
  }

  #add(watch: Kept, afterZxid: number | undefined): void {
    const { engine, stream } = this.#connection!;
    engine.watches.add(stream, { id: watch.id, path: watch.path, spec: watch.spec, afterZxid });
  }

  #handle({ added, notices, canceled, bookmarkZxid }: WatchMessage): void {
    for (const { watchId, zxid } of added) this.#added(this.#watches.get(watchId)!, zxid);
    const inThis = new Map<number, Set<number>>();
    for (const notice of notices) this.#notice(notice, inThis);
    for (const [id, zxids] of inThis) this.#handled(this.#watches.get(id)!, zxids);
    for (const { watchId, refusal } of canceled) this.#canceled(this.#watches.get(watchId)!, refusal);
    if (bookmarkZxid !== undefined) this.#bookmarked(bookmarkZxid);
  }

  #added(watch: Kept, zxid: number): void {
    if (watch.after === undefined) {
      watch.after = zxid;
      watch.handled = zxid;
    }
    expect(zxid).toBe(watch.handled);
  }

  #notice({ event, form, watchIds }: Notice, inThis: Map<number, Set<number>>): void {
    this.#seen.events++;
    for (const id of watchIds) {
      const watch = this.#watches.get(id)!;
      // Atomic and bookmarkable: a zxid that came with an earlier message, or was bookmarked, has no more events.
      expect(event.zxid).toBeGreaterThan(watch.handled);
      if (!watch.over) watch.told.push(toldOf(event, form));
      inThis.set(id, (inThis.get(id) ?? new Set()).add(event.zxid));
    }
  }

  #handled(watch: Kept, zxids: ReadonlySet<number>): void {
    if (watch.over) return;
    watch.handled = Math.max(...zxids);
    if (isOneShot(watch.spec)) watch.over = true;
  }

  #canceled(watch: Kept, refusal: Refusal | undefined): void {
    watch.over = true;
    if (refusal?.reason !== "COMPACTED") return;
    this.#seen.compacted++;
    expect(Number(refusal.facts!["oldest_zxid"])).toBeGreaterThan(watch.handled);
  }

  #bookmarked(zxid: number): void {
    this.#seen.bookmarks++;
    expect(zxid).toBeGreaterThanOrEqual(this.#bookmark);
    this.#bookmark = zxid;
    for (const watch of this.#watches.values()) {
      if (!watch.over && watch.after !== undefined) watch.handled = Math.max(watch.handled, zxid);
    }
  }

  /** What was sent before the end has been read by now: everything up to the zxid that it names. */
  #end(refusal: Refusal): void {
    expect(refusal.reason).toBe("WATCHER_TOO_SLOW");
    this.#seen.tooSlow++;
    this.#endedWith = refusal;
    const lastZxid = Number(refusal.facts!["last_zxid"]);
    for (const watch of this.#watches.values()) {
      if (watch.over || watch.after === undefined) continue;
      watch.handled = Math.max(watch.handled, lastZxid);
    }
    this.disconnect();
  }
}

function toldOf(event: Notice["event"], form: Notice["form"]): ToldEvent {
  const textOf = (data: Uint8Array | undefined, asked: boolean) =>
    asked && data !== undefined ? Buffer.from(data).toString() : undefined;
  expect(event.dataOmitted).toBe(false);
  return {
    zxid: event.zxid,
    kind: event.kind,
    path: event.path,
    data: textOf(event.data, form.withData),
    previousData: textOf(event.previousData, form.withPreviousData),
    version: event.node.version,
    numChildren: event.node.numChildren,
  };
}
