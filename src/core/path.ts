import { pathBytesMax } from "../limits.ts";
import type { Refusal } from "./refusal.ts";

/** The nodes that are always there and cannot be deleted: DataTree.isSpecialPath, and the root. */
const special = new Set(["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]);

export function isSpecialPath(path: string): boolean {
  return special.has(path);
}

/** "/a/b" -> "/a", "/a" -> "/"; the root's parent is the root, as in DataTree. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** "/a/b" -> "b". */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** "/", "b" -> "/b"; "/a", "b" -> "/a/b". */
export function childPath(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** Whether a path is this one, or below it. */
export function isWithin(path: string, top: string): boolean {
  if (top === "/" || path === top) return true;
  return path.charCodeAt(top.length) === slash && path.startsWith(top);
}

/** The order in which a subtree is read: below 0 if `a` comes first. Parents before children, siblings by name. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left === right) continue;
    // The end of a name comes before all that a longer one could have there.
    if (left === slash) return -1;
    return right === slash ? 1 : left - right;
  }
  return a.length - b.length;
}

function badPath(path: string, rule: string): Refusal {
  return {
    reason: "BAD_ARGUMENTS",
    message: `invalid path ${JSON.stringify(shorten(path))}: ${rule}`,
    facts: { path: shorten(path) },
    field: "path",
  };
}

/** A refused path is quoted in the error, but not at any length. */
function shorten(path: string): string {
  return path.length <= 256 ? path : `${path.slice(0, 255)}…`;
}

/** The first check of all: nothing longer is looked at. */
export function checkPathLength(path: string): Refusal | undefined {
  // A UTF-16 unit takes at most three bytes, so most paths need not be measured.
  if (path.length * 3 <= pathBytesMax) return undefined;
  const bytes = Buffer.byteLength(path);
  if (bytes <= pathBytesMax) return undefined;
  return {
    reason: "PATH_TOO_LONG",
    message: `the path has ${bytes} bytes; at most ${pathBytesMax} are allowed`,
    facts: { limit: pathBytesMax, actual: bytes },
    field: "path",
  };
}

/** What Create needs before it can look for the parent: PrepRequestProcessor.getParentPathAndValidate. */
export function checkPathStart(path: string): Refusal | undefined {
  if (path.startsWith("/") && !path.includes("\0")) return undefined;
  return badPath(path, path.includes("\0") ? "it contains U+0000" : 'it must start with "/"');
}

/**
 * The rules of PathUtils.validatePath, on UTF-16 units as there. With `sequential`, a path may end in "/",
 * because a number follows.
 */
export function validatePath(path: string, sequential = false): Refusal | undefined {
  const tooLong = checkPathLength(path);
  if (tooLong !== undefined) return tooLong;
  const rule = brokenRule(sequential ? `${path}1` : path);
  return rule === undefined ? undefined : badPath(path, rule);
}

function brokenRule(path: string): string | undefined {
  if (!path.startsWith("/")) return path === "" ? "it is empty" : 'it must start with "/"';
  if (path === "/") return undefined;
  let start = 1;
  for (let i = 1; i <= path.length; i++) {
    const unit = i === path.length ? slash : path.charCodeAt(i);
    if (unit === slash) {
      const rule = brokenNameRule(path, start, i);
      if (rule !== undefined) return rule;
      start = i + 1;
    } else if (isForbidden(unit)) {
      return `it contains U+${unit.toString(16).toUpperCase().padStart(4, "0")}`;
    }
  }
  return undefined;
}

const slash = 0x2f;
const dot = 0x2e;

function brokenNameRule(path: string, start: number, end: number): string | undefined {
  if (start === end) return end === path.length ? 'it must not end with "/"' : "it has an empty node name";
  const length = end - start;
  if (path.charCodeAt(start) !== dot) return undefined;
  if (length === 1 || (length === 2 && path.charCodeAt(start + 1) === dot)) {
    return 'relative names "." and ".." are not allowed';
  }
  return undefined;
}

/** Surrogates are among them, so every character beyond U+FFFF is refused too. */
function isForbidden(unit: number): boolean {
  if (unit >= 0x20 && unit < 0x7f) return false;
  return unit <= 0x1f || unit <= 0x9f || (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0;
}
