import { expect, test } from "vitest";
import { anonymous, type Outcome } from "../../src/core/operation.ts";
import type { QuotaWarning } from "../../src/engine/quota-warner.ts";
import { quotaWarningIntervalMs, quotaWarningsMax } from "../../src/limits.ts";
import { TestEngine, verdictOf } from "../support/engine.ts";
import { MemoryJournal } from "../support/memory-journal.ts";

function limit({ engine }: TestEngine, path: string, text: string): Promise<Outcome> {
  const node = { path: `/zookeeper/quota${path}/zookeeper_limits`, data: Buffer.from(text) };
  const how = { op: "create", mode: "persistent", parents: "persistent", ifExists: "set" } as const;
  return engine.submit({ ...how, ...node }, anonymous);
}

async function startWarned(): Promise<{ server: TestEngine; warnings: QuotaWarning[] }> {
  const warnings: QuotaWarning[] = [];
  const onQuotaExceeded = (warning: QuotaWarning) => warnings.push(warning);
  return { server: await TestEngine.start(undefined, undefined, { onQuotaExceeded }), warnings };
}

test("writes that wait for the disk count, in the order in which they came", async () => {
  const server = await TestEngine.start();
  server.journal.hold();
  const first = server.create("/a");
  const limited = limit(server, "/a", "countHardLimit=2");
  const others = ["/a/b", "/a/c"].map((path) => server.create(path));
  const freed = server.delete("/a/b");
  const last = server.create("/a/d");
  server.journal.release();
  const verdicts = await Promise.all([first, limited, ...others, freed, last].map(verdictOf));
  expect(verdicts).toEqual(["ok", "ok", "ok", "QUOTA_EXCEEDED", "ok", "ok"]);
  expect(server.engine.tree.usage("/a")).toEqual({ count: 2, bytes: 0 });
});

test("what a full disk takes back no longer counts", async () => {
  const server = await TestEngine.start();
  await limit(server, "/a", "countHardLimit=2");
  server.journal.failNext("full");
  const lost = ["/a", "/a/b", "/a/c"].map((path) => verdictOf(server.create(path)));
  expect(await Promise.all(lost)).toEqual(["DISK_FULL", "DISK_FULL", "DISK_FULL"]);
  const verdicts = ["/a", "/a/b", "/a/c"].map((path) => verdictOf(server.create(path)));
  expect(await Promise.all(verdicts)).toEqual(["ok", "ok", "QUOTA_EXCEEDED"]);
});

test("a restart counts anew while it loads", async () => {
  const before = await TestEngine.start();
  await limit(before, "/a", "countHardLimit=3");
  await Promise.all(["/a", "/a/b", "/a/b/c"].map((path) => before.create(path)));
  const after = await TestEngine.start(new MemoryJournal(before.journal.store));
  expect(after.engine.tree.usage("/a")).toEqual({ count: 3, bytes: 0 });
  expect(await verdictOf(after.create("/a/d"))).toBe("QUOTA_EXCEEDED");
});

test("a soft limit warns, once an interval for each limit, and refuses nothing", async () => {
  const { server, warnings } = await startWarned();
  await limit(server, "/a", "count=1");
  await server.create("/a");
  expect(warnings).toEqual([]);
  for (let i = 0; i < 3; i++) expect(await verdictOf(server.create(`/a/${i}`))).toBe("ok");
  expect(warnings).toEqual([{ path: "/a", kind: "count", limit: 1, actual: 2, severity: "soft" }]);
  server.clock.advance(quotaWarningIntervalMs);
  await server.delete("/a/0");
  expect(warnings).toHaveLength(1);
  await server.create("/a/x");
  expect(warnings[1]).toMatchObject({ actual: 4 });
});

test("a hard limit below what is used warns as well", async () => {
  const { server, warnings } = await startWarned();
  await server.create("/a");
  await limit(server, "/a", "countHardLimit=0");
  await server.engine.submit({ op: "set", path: "/a", data: new Uint8Array(), version: -1 }, anonymous);
  expect(warnings).toEqual([{ path: "/a", kind: "count", limit: 0, actual: 1, severity: "hard" }]);
});

test("the warnings of one interval have a bound", async () => {
  const { server, warnings } = await startWarned();
  for (let i = 0; i <= quotaWarningsMax; i++) {
    await limit(server, `/${i}`, "count=0");
    await server.create(`/${i}`);
  }
  expect(warnings).toHaveLength(quotaWarningsMax);
  server.clock.advance(quotaWarningIntervalMs);
  await server.create("/0/a");
  expect(warnings).toHaveLength(quotaWarningsMax + 1);
});

test("without enforcement hard limits only warn", async () => {
  const warnings: QuotaWarning[] = [];
  const server = await TestEngine.start(undefined, undefined, {
    settings: { enforceQuota: false },
    onQuotaExceeded: (warning) => warnings.push(warning),
  });
  await limit(server, "/a", "countHardLimit=0");
  expect(await verdictOf(server.create("/a"))).toBe("ok");
  expect(warnings).toMatchObject([{ severity: "hard", kind: "count" }]);
});
