import { type AclEntry, type Client, isCorralError, type ScannedNode } from "../../client/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import { type Lifetime, relativePath, type TreeNode } from "./tree-node.ts";

export interface ReadOptions {
  /** Read access control lists too: a call for each node. */
  readonly withAcl: boolean;
  readonly signal: AbortSignal;
}

/** Access control lists that are read at the same time. */
const readsAtOnce = 64;

/** A subtree of a server, as it was at one moment, without the nodes that belong to sessions. */
export class LiveTree {
  /** The zxid of that moment; undefined before the first node was read. */
  zxid: number | undefined;
  /** Ephemeral nodes that were left out. */
  ephemerals = 0;
  /** Nodes that were left out because the caller may not read them; what is below them is not counted. */
  hidden = 0;
  readonly #client: Client;
  readonly #top: string;
  readonly #options: ReadOptions;

  constructor(client: Client, top: string, options: ReadOptions) {
    this.#client = client;
    this.#top = top;
    this.#options = options;
  }

  /** Parents before their children. @throws Failure when a list is not that of this moment any more */
  async *nodes(): AsyncGenerator<TreeNode, void> {
    const { signal, withAcl } = this.#options;
    const scan = this.#client.scan(this.#top, { withData: true, withStats: true, signal });
    let waiting: ScannedNode[] = [];
    this.ephemerals = 0;
    // The top is nobody's child.
    this.hidden = 1;
    for await (const node of scan) {
      this.zxid = node.zxid;
      this.hidden += (node.stat?.numChildren ?? 0) - 1;
      if (isReserved(node.path)) continue;
      if (node.stat?.mode === "ephemeral") {
        this.ephemerals++;
        continue;
      }
      waiting.push(node);
      if (withAcl && waiting.length < readsAtOnce) continue;
      yield* await this.#whole(waiting);
      waiting = [];
    }
    yield* await this.#whole(waiting);
  }

  async #whole(nodes: readonly ScannedNode[]): Promise<TreeNode[]> {
    return await Promise.all(
      nodes.map(async (node) => ({
        path: relativePath(this.#top, node.path),
        data: node.data,
        mode: (node.stat?.mode ?? "persistent") as Lifetime,
        ttlMs: node.stat?.ttlMs ?? 0,
        acl: this.#options.withAcl ? await this.#aclOf(node) : [],
      })),
    );
  }

  /** The list of the node as it was scanned: nobody else's may stand for it. */
  async #aclOf({ path, stat: scanned }: ScannedNode): Promise<readonly AclEntry[]> {
    try {
      const { acl, stat } = await this.#client.getAcl(path, { signal: this.#options.signal });
      if (stat.czxid === scanned?.czxid && stat.aversion === scanned.aversion) return isOpen(acl) ? [] : acl;
    } catch (error) {
      if (!isCorralError(error, "NO_NODE")) throw error;
    }
    throw new Failure(
      `${path} changed before its access control list was read: try again, or do without lists (--no-acl)`,
      exitCodes.conflict,
    );
  }
}

/** What is the server's own. */
function isReserved(path: string): boolean {
  return path === "/zookeeper" || path.startsWith("/zookeeper/");
}

/** Everybody may do everything. */
function isOpen([only, ...others]: readonly AclEntry[]): boolean {
  return (
    others.length === 0 && only?.scheme === "world" && only.id === "anyone" && only.permissions.length === 5
  );
}

/** A list that holds a digest whose hash was not shown: it would let nobody in. */
export function isBlanked(acl: readonly AclEntry[]): boolean {
  return acl.some(({ scheme, id }) => scheme === "digest" && id.endsWith(":x"));
}
