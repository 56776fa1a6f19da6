import type { AclEntry } from "../../client/index.ts";

/** The path of the top of a subtree, seen from that. */
export const topPath = ".";

/** How a node lives that belongs to no session. */
export type Lifetime = "persistent" | "container" | "persistentWithTtl";

/** A node of a subtree, as it is taken from one place to another. */
export interface TreeNode {
  /** From the top of the subtree: "b/c", or "." for the top itself. */
  readonly path: string;
  readonly data: Uint8Array;
  readonly mode: Lifetime;
  /** In milliseconds; 0 without one. */
  readonly ttlMs: number;
  /** Empty when everybody may do everything, and when nobody asked. */
  readonly acl: readonly AclEntry[];
}

/** "/a", "b/c" -> "/a/b/c". */
export function absolutePath(top: string, path: string): string {
  if (path === topPath) return top;
  return top === "/" ? `/${path}` : `${top}/${path}`;
}

/** "/a", "/a/b/c" -> "b/c". */
export function relativePath(top: string, path: string): string {
  if (path === top) return topPath;
  return path.slice(top === "/" ? 1 : top.length + 1);
}
