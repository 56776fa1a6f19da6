// A disk that fails, made so by strace: whatever failed, nothing touches the files after it.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { skipUnless, toolPath } from "../support/tools.ts";
import { type Child, commitAndDie, startCommitter } from "./children.ts";
import type { CommitterOptions } from "./committer.ts";
import { loadAll, tempDir } from "./state.ts";

/** What changes files, or makes changes to them durable. */
const touching = "fdatasync,fsync,pwrite64,ftruncate,unlink,unlinkat,rename";

interface Failing {
  readonly child: Child;
  /** What was done to the files of the data directory after the failure. */
  readonly after: () => string[];
}

/**
 * A committer in whose process some calls fail with EIO, and that closes its journal and exits when it is told of that.
 * The traced process must end by itself: it would outlive a killed strace.
 */
function committerOnFailingDisk(
  options: Omit<CommitterOptions, "end">,
  { calls, when, path }: { calls: string; when: string; path?: string },
): Failing {
  const trace = join(tempDir(), "trace");
  const only = path === undefined ? [] : ["-P", path];
  const inject = `inject=${calls}:error=EIO:when=${when}`;
  const strace = [toolPath("strace"), "-f", "-qq", "-y", "-o", trace, ...only];
  const child = startCommitter({ ...options, end: "exit" }, [
    ...strace,
    "-e",
    `trace=${touching}`,
    "-e",
    inject,
  ]);
  return {
    child,
    after: () => {
      const lines = readFileSync(trace, "latin1").split("\n");
      const failed = lines.findIndex((line) => line.includes("INJECTED"));
      if (failed < 0) throw new Error("nothing failed");
      return lines.slice(failed + 1).filter((line) => line.includes(options.dataDir));
    },
  };
}

async function loaded(dataDir: string) {
  const journal = await openSqliteJournal({ dataDir });
  onTestFinished(() => journal.close());
  return loadAll(journal);
}

skipUnless("strace")("a disk that fails", () => {
  // A start makes a handful of syncs; the ninth is one of a commit.
  test.each(["9", "9+"])(
    "a sync that fails (%s) leaves the outcome unknown, and the files alone",
    async (when) => {
      const dataDir = tempDir();
      await (await openSqliteJournal({ dataDir })).close();
      const calls = "fdatasync,fsync";
      const { child, after } = committerOnFailingDisk({ dataDir, commits: 50 }, { calls, when });
      await child.ended;
      expect(child.lines.at(-1)).toBe("then OutcomeUnknown");
      expect(child.lines.at(-2)).toBe("OutcomeUnknown: disk I/O error (SQLITE_IOERR_FSYNC)");
      expect(after()).toEqual([]);
      const acknowledged = Number(child.lines.at(-3));
      const { lastZxid, nodes } = await loaded(dataDir);
      expect(lastZxid - acknowledged).toBeOneOf([0, 1]);
      expect(nodes.size).toBe(4 + lastZxid);
    },
  );

  test.each(["fdatasync,fsync", "pwrite64"])(
    "a checkpoint whose %s fails ends the journal",
    async (calls) => {
      const dataDir = tempDir();
      await commitAndDie(dataDir, 1);
      await (await openSqliteJournal({ dataDir })).close();
      const path = join(dataDir, "corral.db");
      const options = { dataDir, commits: 60, firstZxid: 2, dataBytes: 1_000_000 };
      const { child, after } = committerOnFailingDisk(options, { calls, when: "1", path });
      await child.ended;
      expect(child.lines.at(-1)).toBe("then OutcomeUnknown");
      expect(child.lines.at(-2)).toMatch(/^OutcomeUnknown: disk I\/O error \(SQLITE_IOERR_(FSYNC|WRITE)\)$/);
      expect(after()).toEqual([]);
      expect(statSync(`${path}-wal`).size).toBeGreaterThan(15 * 1_048_576);
      const { lastZxid } = await loaded(dataDir);
      expect(lastZxid - Number(child.lines.at(-3))).toBeOneOf([0, 1]);
    },
  );

  test("a start whose first sync fails leaves the log of the server before as it is", async () => {
    const dataDir = tempDir();
    await commitAndDie(dataDir, 8);
    const path = join(dataDir, "corral.db-wal");
    const before = readFileSync(path);
    const failing = { calls: "fdatasync,fsync", when: "1", path };
    const { child, after } = committerOnFailingDisk({ dataDir, commits: 1 }, failing);
    await child.ended;
    expect(child.lines).toEqual(["JournalUnusable"]);
    expect(after()).toEqual([]);
    expect(readFileSync(path).subarray(0, before.length).equals(before)).toBe(true);
    expect((await loaded(dataDir)).lastZxid).toBe(8);
  });
});
