import { openAcl } from "./acl.ts";
import { forever } from "./node.ts";
import { childPath, parentOf } from "./path.ts";
import { bytesCounted, grown, isQuotaFree, noUsage, type Usage } from "./quota.ts";
import type { Tree } from "./tree.ts";

/** What is wrong with a state, a sentence each; nothing if it is sound. It looks at every node. */
export function brokenInvariants(tree: Tree): string[] {
  const broken: string[] = [];
  const owned = new Map<number, Set<string>>();
  const acls = new Set<string>();
  let count = 0;
  for (const path of tree.paths()) {
    count++;
    acls.add(tree.node(path)!.acl.text);
    broken.push(...brokenNode(tree, path));
    const owner = tree.node(path)!.ephemeralOwner;
    if (owner !== 0) owned.set(owner, (owned.get(owner) ?? new Set()).add(path));
  }
  const { size } = acls.difference(new Set([openAcl.text]));
  if (size !== tree.aclCount)
    broken.push(`${tree.aclCount} access control lists are kept, nodes have ${size}`);
  if (count !== tree.nodeCount) broken.push(`${tree.nodeCount} nodes are counted, ${count} can be reached`);
  for (const owner of new Set([...owned.keys(), ...tree.ephemeralOwners()])) {
    const listed = new Set(tree.ephemeralsOf(owner));
    if (listed.symmetricDifference(owned.get(owner) ?? new Set()).size > 0) {
      broken.push(`the index of the ephemeral nodes of session ${owner} differs from the tree`);
    }
  }
  return [...broken, ...brokenUsages(tree), ...orphanedEphemerals(tree)];
}

/** What lies below each node, counted anew from the bottom up. */
function brokenUsages(tree: Tree): string[] {
  const counted = new Map<string, Usage>();
  const parentsFirst = [...tree.paths()].filter((path) => !isQuotaFree(path));
  for (const path of parentsFirst.reverse()) {
    const own = { count: 1, bytes: bytesCounted(tree.node(path)!) };
    const usage = grown(own, counted.get(path) ?? noUsage);
    if (path !== "/") counted.set(parentOf(path), grown(usage, counted.get(parentOf(path)) ?? noUsage));
    const { count, bytes } = tree.usage(path);
    if (count === usage.count && bytes === usage.bytes) continue;
    return [`${path} is said to hold ${count} nodes of ${bytes} bytes, but holds ${JSON.stringify(usage)}`];
  }
  return [];
}

/** Ephemeral nodes whose session is gone: cheap, because it looks at the owners only. */
export function orphanedEphemerals(tree: Tree): string[] {
  return [...tree.ephemeralOwners()]
    .filter((owner) => tree.session(owner) === undefined)
    .map((owner) => `session ${owner} is gone, but owns ${tree.ephemeralsOf(owner)[0]}`);
}

function brokenNode(tree: Tree, path: string): string[] {
  const node = tree.node(path);
  if (node === undefined) return [`${path} is listed but cannot be found`];
  const broken: string[] = [];
  const names = [...tree.childNames(path)];
  const check = (holds: boolean, what: string) => {
    if (!holds) broken.push(`${path}: ${what}`);
  };
  check(names.length === node.numChildren, `numChildren is ${node.numChildren}, there are ${names.length}`);
  check(
    names.every((name, i) => i === 0 || names[i - 1]! < name),
    "its children are out of order",
  );
  check(
    names.every((name) => parentOf(childPath(path, name)) === path),
    "a child has a strange name",
  );
  check(node.ephemeralOwner === 0 || names.length === 0, "it is ephemeral and has children");
  check(node.ephemeralOwner === 0 || node.lifetimeMs === forever, "it is ephemeral and has a lifetime");
  check(node.czxid <= node.mzxid && node.czxid <= node.pzxid, "it was changed before it was created");
  check(node.mzxid <= tree.zxid && node.pzxid <= tree.zxid, "its zxid is ahead of the tree's");
  check(tree.data(path)!.length === node.dataLength, "dataLength is not the length of the data");
  return broken;
}
