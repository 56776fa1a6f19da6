import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import type { Connection } from "./connection.ts";
import type { Namespace } from "./namespace.ts";
import { type Stat, statFromProto, textOf } from "./node.ts";
import type { CallOptions, Scopes } from "./scope.ts";

/** The time is that for the connection: how long a scan takes depends on its reader. */
export interface ScanOptions extends CallOptions {
  /** Read the data of each node too; false by default. */
  readonly withData?: boolean | undefined;
  /** Read the Stat of each node too; false by default. */
  readonly withStats?: boolean | undefined;
}

/** A node of a subtree that was scanned. */
export class ScannedNode {
  readonly path: string;
  /** Undefined unless asked for. */
  readonly stat: Stat | undefined;
  /** Empty unless asked for. */
  readonly data: Uint8Array;
  /** What the whole scan shows: the subtree just after this change. */
  readonly zxid: number;

  constructor(path: string, stat: Stat | undefined, data: Uint8Array, zxid: number) {
    this.path = path;
    this.stat = stat;
    this.data = data;
    this.zxid = zxid;
  }

  /** The data as text; bytes that are not UTF-8 become U+FFFD. */
  get text(): string {
    return textOf(this.data);
  }
}

/** Where a scan comes from. */
export interface ScanSource {
  readonly connection: Connection;
  readonly namespace: Namespace;
  readonly scopes: Scopes;
}

/**
 * Reads a subtree, parents before their children. It is not repeated when the connection breaks, since the rest would
 * show another moment. A reader that is slower than the server allows is told so, with SCAN_TOO_SLOW.
 */
export async function* scan(
  path: string,
  { withData = false, withStats = false, timeoutMs, signal }: ScanOptions,
  { connection, namespace, scopes }: ScanSource,
): AsyncGenerator<ScannedNode, void> {
  const link = await scopes.run({ timeoutMs, signal }, (within) => connection.ready(within));
  using scope = scopes.open({ timeoutMs: Number.POSITIVE_INFINITY, signal });
  const request = { path: namespace.toServer(path), withData, withStats };
  try {
    for await (const { nodes, zxid } of link.read(Coordination.method.scan, request, scope.signal)) {
      for (const { path: found, stat, data } of nodes) {
        yield new ScannedNode(namespace.fromServer(found), stat && statFromProto(stat), data, Number(zxid));
      }
    }
  } catch (error) {
    throw namespace.errorToCaller(error);
  }
}
