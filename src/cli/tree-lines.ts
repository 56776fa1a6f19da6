import { nameOf, parentOf } from "../client/node.ts";

/** Draws nodes below the first of them: parents come before their children, and siblings together. */
export function* treeLines(paths: readonly string[]): Generator<string> {
  const [top, ...below] = paths;
  if (top === undefined) return;
  const lastChild = new Map(below.map((path) => [parentOf(path), path]));
  /** What stands before the children of a node. */
  const margins = new Map([[top, ""]]);
  yield top;
  for (const path of below) {
    const parent = parentOf(path);
    const margin = margins.get(parent) ?? "";
    const isLast = lastChild.get(parent) === path;
    margins.set(path, `${margin}${isLast ? "    " : "│   "}`);
    yield `${margin}${isLast ? "└── " : "├── "}${nameOf(path)}`;
  }
}
