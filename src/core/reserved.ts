import { aclOf, openAcl, permissions } from "./acl.ts";
import { forever, type NodeRecord } from "./node.ts";

export interface ReservedNode {
  readonly path: string;
  readonly record: NodeRecord;
}

/**
 * All fields 0, as ZooKeeper's DataTree makes them. Because `creates` does not count the reserved children,
 * the visible cversion is -1 for "/" and -2 for "/zookeeper", as it is there.
 */
const record: NodeRecord = {
  czxid: 0,
  mzxid: 0,
  pzxid: 0,
  ctimeMs: 0,
  mtimeMs: 0,
  version: 0,
  creates: 0,
  aversion: 0,
  ephemeralOwner: 0,
  lifetimeMs: forever,
  acl: openAcl,
  dataLength: 0,
  numChildren: 0,
};

/** DataTree.addConfigNode sets READ_ACL_UNSAFE, as version -1. */
const readOnly = aclOf([{ scheme: "world", id: "anyone", permissions: permissions.read }]);

/** The nodes of an empty tree, parents first: they are there before the first transaction, without data. */
export const reservedNodes: readonly ReservedNode[] = [
  { path: "/", record },
  { path: "/zookeeper", record },
  { path: "/zookeeper/config", record: { ...record, acl: readOnly, aversion: -1 } },
  { path: "/zookeeper/quota", record },
];

/** How many of a node's children were never counted, since the empty tree has them. */
export const reservedChildren: ReadonlyMap<string, number> = new Map([
  ["/", 1],
  ["/zookeeper", 2],
]);
