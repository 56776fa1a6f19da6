import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** The version of this package, from the package.json nearest above: the sources and dist/ have different depths. */
export function version(): string {
  const path = findPackageJSON("..", import.meta.url);
  if (path === undefined) throw new Error("no package.json above the program");
  return JSON.parse(readFileSync(path, "utf8")).version;
}
