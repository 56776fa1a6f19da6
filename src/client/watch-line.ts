import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import type { WatchRequestSchema, WatchResponse } from "../../gen/ts/corral/v1/watch_pb.js";
import type { Clock } from "./clock.ts";
import { CorralError, errorFromStatus } from "./errors.ts";
import { bookmarksMissedMax, watchesPerMessageMax } from "./limits.ts";
import type { Link } from "./link.ts";
import type { Stream } from "./link-stream.ts";
import type { Namespace } from "./namespace.ts";
import type { Watch } from "./watch.ts";
import { isOneShot, WatchEvent } from "./watch-event.ts";

/** One Watch stream with the watches that are on it. */
export class WatchLine {
  /** Resolves with why the stream ended. */
  readonly ended: Promise<CorralError>;
  /** The server has said something. */
  answered = false;
  readonly #clock: Clock;
  readonly #namespace: Namespace;
  readonly #refused: (error: CorralError) => void;
  readonly #stream: Stream<typeof WatchRequestSchema>;
  readonly #watches = new Map<number, Watch>();
  /** An id stands for one adding of a watch: what still comes for an earlier one is not for it. */
  readonly #ids = new Map<Watch, number>();
  /** Those that the server has added: a bookmark speaks for them, and for no other. */
  readonly #added = new Set<Watch>();
  /** The events of a zxid of which not all parts have come. */
  #unfinished: WatchResponse["events"] = [];
  #nextId = 1;
  readonly #toAdd = new Map<number, Watch>();
  #toCancel: number[] = [];
  #flushing = false;
  /** Those among them that were told everything at some moment. While others catch up the server may be silent. */
  readonly #current = new Set<Watch>();
  /** For how long the stream may be silent once nothing catches up; the bookmarks say. */
  #silenceMs = Number.POSITIVE_INFINITY;
  #stopSilence = () => {};
  /** Set once it was silent for longer. */
  #silence: CorralError | undefined;

  /** @param refused is told why the server ended a single watch. */
  constructor(options: {
    readonly link: Link;
    readonly clock: Clock;
    readonly namespace: Namespace;
    readonly refused: (error: CorralError) => void;
  }) {
    this.#clock = options.clock;
    this.#namespace = options.namespace;
    this.#refused = options.refused;
    const { promise, resolve } = Promise.withResolvers<CorralError>();
    this.ended = promise;
    this.#stream = options.link.stream(Coordination.method.watch, {
      received: (message) => this.#received(message),
      ended: (error) => {
        this.#stopSilence();
        resolve(this.#silence ?? error ?? new CorralError("CONNECTION_LOST", "the server ended the stream"));
      },
    });
  }

  add(watch: Watch): void {
    const id = this.#nextId++;
    this.#watches.set(id, watch);
    this.#ids.set(watch, id);
    this.#toAdd.set(id, watch);
    this.#flushSoon();
  }

  remove(watch: Watch): void {
    const id = this.#ids.get(watch);
    if (id === undefined) return;
    this.#forget(watch, id);
    // The server has not heard of it yet.
    if (this.#toAdd.delete(id)) return;
    this.#toCancel.push(id);
    this.#flushSoon();
  }

  cancel(): void {
    this.#stopSilence();
    this.#stream.cancel();
  }

  /** Many watches are often added in one go, and then they go out in one message. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const add = [...this.#toAdd].map(([id, watch]) => watch.toProto(BigInt(id)));
    this.#toAdd.clear();
    const cancel = this.#toCancel.splice(0).map(BigInt);
    for (let from = 0; from < add.length; from += watchesPerMessageMax) {
      const some = add.slice(from, from + watchesPerMessageMax);
      this.#stream.send({ add: some, bookmark: from + watchesPerMessageMax >= add.length });
    }
    for (let from = 0; from < cancel.length; from += watchesPerMessageMax)
      this.#stream.send({ cancel: cancel.slice(from, from + watchesPerMessageMax) });
    if (add.length > 0) this.#stopSilence();
  }

  #received({ added, events, canceled, bookmark, zxidContinues }: WatchResponse): void {
    this.answered = true;
    for (const { watchId, zxid } of added) {
      const watch = this.#watches.get(Number(watchId));
      if (watch === undefined) continue;
      this.#added.add(watch);
      watch.added(Number(zxid));
    }
    this.#tell(this.#whole(events, zxidContinues));
    for (const { watchId, status } of canceled) {
      const watch = this.#watches.get(Number(watchId));
      if (watch === undefined || status === undefined) continue;
      this.#forget(watch, Number(watchId));
      const error = this.#namespace.errorFromServer(errorFromStatus(status));
      watch.end(error);
      this.#refused(error);
    }
    if (bookmark !== undefined) {
      for (const watch of this.#added) {
        this.#current.add(watch);
        watch.told(Number(bookmark.zxid));
      }
      this.#silenceMs = bookmark.nextInMs * bookmarksMissedMax;
    }
    this.#awaitMore();
  }

  /**
   * The events that can be told: those of a zxid that goes on in the next message wait for the rest. If the stream
   * breaks before, they are told again from their beginning, and nobody has seen a part of them.
   */
  #whole(events: WatchResponse["events"], zxidContinues: boolean): WatchResponse["events"] {
    const all = this.#unfinished.length === 0 ? events : [...this.#unfinished, ...events];
    const unfinished = zxidContinues ? all.at(-1)?.zxid : undefined;
    this.#unfinished = all.filter(({ zxid }) => zxid === unfinished);
    return unfinished === undefined ? all : all.filter(({ zxid }) => zxid !== unfinished);
  }

  /** All that a watch is told of one zxid is there, so after it that zxid is told. */
  #tell(events: WatchResponse["events"]): void {
    const told = new Map<Watch, number>();
    for (const message of events) {
      const event = new WatchEvent(message, this.#namespace);
      for (const id of message.watchIds) {
        const watch = this.#watches.get(Number(id));
        if (watch === undefined) continue;
        if (isOneShot(watch.kind)) this.#forget(watch, Number(id));
        told.set(watch, event.zxid);
        watch.push(event);
      }
    }
    for (const [watch, zxid] of told) watch.told(zxid);
  }

  /** Silent for longer than the server ever is: the link is dead, whatever TCP says. */
  #awaitMore(): void {
    this.#stopSilence();
    if (this.#current.size < this.#ids.size || this.#silenceMs === Number.POSITIVE_INFINITY) return;
    this.#stopSilence = this.#clock.setTimeout(() => {
      const text = `the server has not said a word for ${this.#silenceMs} ms`;
      this.#silence = new CorralError("CONNECTION_LOST", text);
      this.#stream.cancel();
    }, this.#silenceMs);
  }

  #forget(watch: Watch, id: number): void {
    this.#watches.delete(id);
    this.#ids.delete(watch);
    this.#added.delete(watch);
    this.#current.delete(watch);
  }
}
