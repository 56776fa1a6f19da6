import { Backoff } from "./backoff.ts";
import type { Client } from "./client.ts";
import { type Clock, pause } from "./clock.ts";
import { deletionOf, type SeenNode } from "./deletion.ts";
import { CorralError, corralErrorOf, isCorralError } from "./errors.ts";
import { Listeners } from "./listeners.ts";
import { bytesOf, type Data, nameOf, parentOf } from "./node.ts";
import type { KeepOptions } from "./options.ts";
import type { CallOptions } from "./scope.ts";
import type { Session } from "./session.ts";

/** What became of a kept node. */
export type KeptNodeChange =
  /** It is there, at this path. */
  | { readonly state: "there"; readonly path: string }
  /** It is gone, or may be: its session was lost, or somebody deleted it. It will be created again. */
  | { readonly state: "gone"; readonly path: string }
  /** It could not be created; that will be tried again. */
  | { readonly state: "failed"; readonly error: CorralError };

/**
 * An ephemeral node that is there as long as this program runs, whatever becomes of its sessions: after the end of
 * one it is created in the next, and also when somebody deletes it. Curator's PersistentNode.
 */
export class KeptNode implements AsyncDisposable {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #options: KeepOptions;
  readonly #askedPath: string;
  /** The nodes that are kept by this client, so that none takes another's for its own. */
  readonly #taken: Set<string>;
  readonly #changes = new Listeners<KeptNodeChange>();
  readonly #stopped = new AbortController();
  #data: Uint8Array;
  /** The node, and the session that it belongs to. */
  #held: (SeenNode & { readonly session: Session }) | undefined;
  #keeping: Promise<void> | undefined;

  /** @internal use `client.keepEphemeral`. */
  constructor(client: Client, clock: Clock, taken: Set<string>, path: string, options: KeepOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#taken = taken;
    this.#askedPath = path;
    this.#options = options;
    this.#data = bytesOf(options.data);
  }

  /** Where it is, its number included; undefined while it is gone. */
  get path(): string | undefined {
    return this.#held?.path;
  }

  /** Tells when it is gone and when it is there again. The answer stops that. */
  onChange(listener: (change: KeptNodeChange) => void): () => void {
    return this.#changes.add(listener);
  }

  /** Gives it other data, now and whenever it is created again. @throws CorralError */
  async set(data: Data, options: CallOptions = {}): Promise<void> {
    this.#data = bytesOf(data);
    if (this.#held !== undefined) await this.#client.set(this.#held.path, this.#data, options);
  }

  /** @internal Creates it for the first time, and keeps it from then on. */
  async start(signal: AbortSignal): Promise<void> {
    while (this.#held === undefined) {
      try {
        await this.#create(signal);
      } catch (error) {
        if (!isCorralError(error, "SESSION_EXPIRED")) throw error;
      }
    }
    this.#keeping = this.#keep();
  }

  /** Deletes it, if it can be reached, and keeps it no longer. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new CorralError("CLIENT_CLOSED", "the node is not kept any more"));
    await this.#keeping;
    const held = this.#held;
    if (held === undefined) return;
    this.#gone();
    // If it cannot be deleted now, it goes with the session.
    await this.#client.delete(held.path, { session: held.session }).catch(() => {});
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopped;
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        await this.#untilGone(signal);
        this.#gone();
        await this.#create(signal);
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        const failure = corralErrorOf(error);
        if (failure.reason === "CLIENT_CLOSED") return this.#gone();
        if (failure.reason !== "SESSION_EXPIRED") this.#changes.tell({ state: "failed", error: failure });
        await pause(this.#clock, backoff.nextMs(), signal).catch(() => {});
      }
    }
  }

  /** Creates the node in the session of now, or finds it when that had happened already. */
  async #create(signal: AbortSignal): Promise<void> {
    const { sequential = false, parents } = this.#options;
    const mode = sequential ? "ephemeralSequential" : "ephemeral";
    const call = { signal, timeoutMs: Number.POSITIVE_INFINITY };
    const session = await this.#client.connected(call);
    for (;;) {
      const data = this.#data;
      let node: SeenNode | undefined;
      try {
        node = await this.#client.create(this.#askedPath, data, { ...call, mode, parents, session });
      } catch (error) {
        node = sequential
          ? await this.#findNumbered(session, error, call)
          : await this.#findNamed(session, error, call);
        if (node === undefined) continue;
      }
      this.#taken.add(node.path);
      this.#held = { path: node.path, zxid: node.zxid, session };
      // It was given other data meanwhile.
      if (data !== this.#data) await this.#client.set(node.path, this.#data, { ...call, session });
      this.#changes.tell({ state: "there", path: node.path });
      return;
    }
  }

  /** If the answer was lost, so is its number: then it is a node of the session that nobody keeps. */
  async #findNumbered(session: Session, error: unknown, call: CallOptions): Promise<SeenNode | undefined> {
    if (!isCorralError(error) || !error.outcomeUnknown) throw error;
    const prefix = nameOf(this.#askedPath);
    const siblings = this.#client.list(parentOf(this.#askedPath), { ...call, withStats: true });
    for await (const { name, path, stat } of siblings) {
      const isMine = name.startsWith(prefix) && stat?.ephemeralOwner === session.id;
      if (isMine && !this.#taken.has(path)) return { path, zxid: stat.czxid };
    }
    return undefined;
  }

  /** A node of this name may be its own, or one that an earlier session left behind and that will go. */
  async #findNamed(session: Session, error: unknown, call: CallOptions): Promise<SeenNode | undefined> {
    const path = this.#askedPath;
    if (isCorralError(error) && error.outcomeUnknown) return undefined;
    if (!isCorralError(error, "NODE_EXISTS")) throw error;
    const { stat, zxid } = await this.#client.look(path, call);
    if (stat === undefined) return undefined;
    if (stat.ephemeralOwner === 0) throw error;
    if (stat.ephemeralOwner === session.id) return { path, zxid: stat.czxid };
    await deletionOf(this.#client, { path, zxid }, AbortSignal.any([call.signal!, session.signal]));
    return undefined;
  }

  /** Until it is deleted, or its session is over, of which the server need not tell. */
  async #untilGone(signal: AbortSignal): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    const { session } = held;
    await deletionOf(this.#client, held, AbortSignal.any([signal, session.signal])).catch((error) => {
      if (error !== session.signal.reason) throw error;
    });
  }

  #gone(): void {
    const path = this.#held?.path;
    if (path === undefined) return;
    this.#held = undefined;
    this.#taken.delete(path);
    this.#changes.tell({ state: "gone", path });
  }
}
