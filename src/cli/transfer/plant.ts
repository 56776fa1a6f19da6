import { type Client, CorralError, isCorralError, type Operation } from "../../client/index.ts";
import { exitCodes, Failure, failureAfter } from "../failure.ts";
import { amount, plantedInWords } from "./report.ts";
import { absolutePath, type TreeNode, topPath } from "./tree-node.ts";

/** What to do with nodes that are there already. */
export type WhenThere = "fail" | "overwrite" | "skip";

export interface PlantOptions {
  /** The path that the top of the subtree gets. */
  readonly top: string;
  readonly whenThere: WhenThere;
  /** Create what is missing above it. */
  readonly parents: boolean;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Told of each step. */
  readonly progress: (planted: Planted) => void;
}

/** What was written. */
export interface Planted {
  readonly created: number;
  readonly overwritten: number;
  readonly skipped: number;
}

/** Nodes and bytes of one transaction: well below what a server takes. */
const batchNodesMax = 250;
const batchBytesMax = 1_048_576;

/** Writes a subtree, in transactions of many nodes each. It tells what was done when it fails. */
export class Planter {
  readonly #client: Client;
  readonly #options: PlantOptions;
  #done: Planted = { created: 0, overwritten: 0, skipped: 0 };
  #lastPath: string | undefined;

  constructor(client: Client, options: PlantOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** @param nodes parents before their children. @throws Failure */
  async plant(nodes: () => AsyncIterable<TreeNode>): Promise<Planted> {
    const there = await this.#there();
    if (this.#options.whenThere === "fail") await this.#refuseThoseThere(nodes, there);
    try {
      for await (const batch of batches(nodes())) {
        this.#options.signal.throwIfAborted();
        await this.#write(batch, there);
        this.#options.progress(this.#done);
      }
    } catch (error) {
      throw this.#told(error);
    }
    return this.#done;
  }

  /** What is there before anything is written. */
  async #there(): Promise<ReadonlySet<string>> {
    const { top, signal } = this.#options;
    const there = new Set<string>();
    try {
      for await (const { path } of this.#client.scan(top, { signal })) there.add(path);
    } catch (error) {
      if (!isCorralError(error, "NO_NODE")) throw error;
    }
    return there;
  }

  async #refuseThoseThere(nodes: () => AsyncIterable<TreeNode>, there: ReadonlySet<string>): Promise<void> {
    if (there.size === 0) return;
    const paths: string[] = [];
    for await (const { path } of nodes()) {
      const absolute = this.#at(path);
      // The root of all is always there.
      if (there.has(absolute) && absolute !== "/") paths.push(absolute);
    }
    if (paths.length === 0) return;
    const others = paths.length === 1 ? "" : `, and ${amount(paths.length - 1, "other node")}`;
    throw new Failure(
      `nothing was written, since this is there already: ${paths[0]}${others}; say --overwrite or --skip-existing`,
      exitCodes.conflict,
    );
  }

  /** In one transaction, or in several if the server takes no more at once. */
  async #write(nodes: readonly TreeNode[], there: ReadonlySet<string>): Promise<void> {
    const { whenThere, timeoutMs } = this.#options;
    const skip = (node: TreeNode) => whenThere === "skip" && there.has(this.#at(node.path));
    const wanted = nodes.filter((node) => !skip(node));
    const operations = wanted.flatMap((node) => this.#operation(node, there.has(this.#at(node.path))));
    try {
      // Not to be interrupted: what it did would not be known.
      if (operations.length > 0) await this.#client.transact({ operations }, { timeoutMs });
    } catch (error) {
      if (!isCorralError(error, "TRANSACTION_TOO_LARGE") || nodes.length === 1) throw error;
      const half = nodes.length >> 1;
      await this.#write(nodes.slice(0, half), there);
      return await this.#write(nodes.slice(half), there);
    }
    const old = wanted.filter(({ path }) => there.has(this.#at(path)));
    // No transaction takes these.
    for (const { path, acl } of old) {
      if (acl.length > 0) await this.#client.setAcl(this.#at(path), acl, { timeoutMs });
    }
    const { created, overwritten, skipped } = this.#done;
    this.#done = {
      created: created + wanted.length - old.length,
      overwritten: overwritten + old.length,
      skipped: skipped + nodes.length - wanted.length,
    };
    this.#lastPath = this.#at(nodes.at(-1)!.path);
  }

  #operation({ path, data, mode, ttlMs, acl }: TreeNode, isThere: boolean): Operation[] {
    const absolute = this.#at(path);
    if (!isThere) {
      const parents = this.#options.parents && path === topPath;
      return [
        { kind: "create", path: absolute, data, mode, acl, parents, ...(ttlMs === 0 ? {} : { ttlMs }) },
      ];
    }
    // The root of all has data of its own only if they are given.
    return absolute === "/" && data.length === 0 ? [] : [{ kind: "set", path: absolute, data }];
  }

  #at(path: string): string {
    return absolutePath(this.#options.top, path);
  }

  /** The same failure, with what was done before it. */
  #told(error: unknown): unknown {
    const { signal, whenThere } = this.#options;
    const last = this.#lastPath === undefined ? "" : `, up to ${this.#lastPath}`;
    const isUnknown = error instanceof CorralError && error.outcomeUnknown;
    return failureAfter(error, signal, [
      `${plantedInWords(this.#done)}${last}`,
      ...(isUnknown ? [`of the next ones, ${batchNodesMax} at most, nobody knows`] : []),
      `to go on, run it again${whenThere === "overwrite" ? "" : " with --skip-existing"}`,
    ]);
  }
}

async function* batches(nodes: AsyncIterable<TreeNode>): AsyncGenerator<readonly TreeNode[], void> {
  let batch: TreeNode[] = [];
  let bytes = 0;
  for await (const node of nodes) {
    const size = node.data.length + 4 * node.path.length;
    if (batch.length > 0 && (batch.length === batchNodesMax || bytes + size > batchBytesMax)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(node);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
