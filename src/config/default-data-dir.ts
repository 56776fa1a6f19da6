import { isAbsolute, join, relative } from "node:path";
import type { Surroundings } from "./setting.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Where data lives when nobody says: the system's place for root, the user's own otherwise (XDG base
 * directories). Throws a UsageError rather than choose a place that the system may clear.
 */
export function defaultDataDir({ env, uid, homeDir, tempDir }: Surroundings): string {
  const { XDG_DATA_HOME: xdg } = env;
  const dir = uid === 0 ? "/var/lib/corral" : join(userDataHome(xdg, homeDir), "corral");
  if (["/tmp", "/var/tmp", "/dev/shm", tempDir].some((root) => isWithin(root, dir))) {
    throw new UsageError(`data_dir must be set: its default would be ${dir}, a place the system may clear`);
  }
  return dir;
}

/** The XDG specification: a relative path is invalid and to be ignored. */
function userDataHome(xdg: string | undefined, homeDir: string): string {
  return xdg !== undefined && isAbsolute(xdg) ? xdg : join(homeDir, ".local", "share");
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return !way.startsWith("..") && !isAbsolute(way);
}
