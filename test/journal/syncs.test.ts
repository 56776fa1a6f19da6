// In which order a new data directory becomes durable, as strace sees it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { skipUnless, toolPath } from "../support/tools.ts";
import { startCommitter } from "./children.ts";
import { tempDir } from "./state.ts";

/** The syncs and renames of a process that makes a directory, one word and the name of what it was done to. */
async function syncsOfNew(dataDir: string): Promise<string[]> {
  const trace = join(tempDir(), "trace");
  const strace = [toolPath("strace"), "-f", "-qq", "-y", "-o", trace, "-e", "trace=fsync,fdatasync,rename"];
  await startCommitter({ dataDir, commits: 1, end: "exit" }, strace).ended;
  return readFileSync(trace, "latin1")
    .split("\n")
    .flatMap((line) => {
      const name = /(?:fsync|fdatasync)\(\d+<([^>]*)>/.exec(line)?.[1];
      if (name !== undefined) return [`sync ${name}`];
      const renamed = /rename\("[^"]*", "([^"]*)"/.exec(line)?.[1];
      return renamed === undefined ? [] : [`rename ${renamed}`];
    });
}

skipUnless("strace")("a new data directory", () => {
  test("is durable with all its entries before anything is acknowledged: itself, the database, the mark", async () => {
    const parent = tempDir();
    const dataDir = join(parent, "data");
    const done = await syncsOfNew(dataDir);
    const [database, mark, log] = ["corral.db", "last-zxid", "corral.db-wal"].map((name) =>
      join(dataDir, name),
    );
    const renamed = done.indexOf(`rename ${database}`);
    expect(done.indexOf(`sync ${parent}`)).toBeLessThan(renamed);
    expect(done).toContain(`sync ${parent}`);
    expect(done[renamed + 1]).toBe(`sync ${dataDir}`);
    const marked = done.indexOf(`sync ${mark}`);
    expect(marked).toBeGreaterThan(renamed);
    expect(done[marked + 1]).toBe(`sync ${dataDir}`);
    expect(done.indexOf(`sync ${log}`, marked)).toBeGreaterThan(marked);
  });
});
