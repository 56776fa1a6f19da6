// Installs what is missing, so that `npm start` and `npm test` work on a fresh checkout.
// Plain JavaScript for any Node: the pinned Node that runs TypeScript arrives with this very install.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** True when node_modules holds exactly what the lock file names for this project's own packages. */
function installed() {
  const marker = `${root}node_modules/.package-lock.json`;
  if (!existsSync(marker) || !existsSync(`${root}node_modules/.bin/node`)) return false;
  const have = JSON.parse(readFileSync(marker, "utf8")).packages;
  const want = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")).packages;
  return Object.entries(want).every(
    ([path, entry]) => path === "" || entry.optional || have[path]?.version === entry.version,
  );
}

if (!installed()) {
  console.error("corral: installing dependencies (first run, or the lock file changed)");
  // Engine warnings speak of the host's Node, which only runs this install.
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}
