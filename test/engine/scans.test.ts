import { expect, test } from "vitest";
import type { Refusal } from "../../src/core/refusal.ts";
import {
  backupsMax,
  scanIdleMaxMs,
  scanKeptBytesMax,
  scansKeptBytesMax,
  scansMax,
  scansPerHolderMax,
} from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";

test("the number of scans is limited, and one whose reader takes nothing ends in time", async () => {
  const { engine, clock } = await TestEngine.start();
  const { pendingTimers } = clock;
  const cuts: Refusal[] = [];
  const open = () =>
    engine.scans.open("/", { withData: false, identities: [] }, (refusal) => cuts.push(refusal));
  const scans = Array.from({ length: scansMax }, open);
  expect(() => open()).toThrow(`${scansMax} scans are under way`);
  clock.advance(scanIdleMaxMs - 1);
  expect(scans[0]!.next()).toHaveLength(4);
  clock.advance(1);
  expect(cuts).toHaveLength(scansMax - 1);
  expect(cuts[0]).toMatchObject({
    reason: "SCAN_TOO_SLOW",
    facts: { what: "milliseconds", limit: scanIdleMaxMs },
  });
  expect(scans[1]!.next()).toBeUndefined();
  open().close();
  scans[0]!.close();
  // The journal may be looking after its disk.
  await settle();
  expect(clock.pendingTimers).toBe(pendingTimers);
});

test("one holder's scans leave room for those of others, and no number of scans keeps a backup out", async () => {
  const { engine } = await TestEngine.start();
  const opened: { close(): void }[] = [];
  const open = (address: string, user: string) => {
    const identities = [{ scheme: "digest", id: `${user}:hash` }];
    const scan = engine.scans.open("/", { withData: false, identities, address }, () => {});
    opened.push(scan);
    return scan;
  };
  for (let i = 0; i < scansPerHolderMax; i++) open("10.0.0.1", `mallory-${i}`);
  expect(() => open("10.0.0.1", "other")).toThrow(`${scansPerHolderMax} scans of 10.0.0.1 are under way`);
  for (let i = 0; i < scansPerHolderMax; i++) open(`10.0.1.${i}`, "mallory");
  expect(() => open("10.0.2.2", "mallory")).toThrow(`scans of digest:mallory are under way`);
  open("10.0.0.2", "alice").close();
  for (let i = opened.length - 1; i < scansMax; i++) open(`10.0.3.${i}`, `user-${i}`);
  expect(() => open("10.0.0.2", "alice")).toThrow(`${scansMax} scans are under way`);
  const backups = Array.from({ length: backupsMax }, () => engine.backup(() => {}, {}));
  expect(() => engine.backup(() => {}, {})).toThrow(`${backupsMax} backups are under way`);
  for (const each of [...opened, ...backups]) each.close();
  open("10.0.0.1", "other").close();
  engine.backup(() => {}, {}).close();
});

test("slow scans together keep no more than a bounded number of bytes: the one that keeps most is cut", async () => {
  const server = await TestEngine.start();
  const data = Buffer.alloc(1_048_576);
  const write = (op: "create" | "set", path: string) =>
    server.engine.submit(
      op === "set" ? { op, path, data, version: -1 } : { op, path, data, mode: "persistent" },
      {},
    );
  await server.create("/a");
  await server.create("/b");
  const each = scansKeptBytesMax / 8 / data.length;
  const paths = Array.from({ length: each }, (_, i) => `/b/n-${i}`);
  for (const path of [...paths, "/a/own"]) await write("create", path);
  const cuts: string[] = [];
  const open = (path: string, name: string) =>
    server.engine.scans.open(path, { withData: true, identities: [] }, ({ facts }) =>
      cuts.push(`${name} ${facts?.["limit"]}`),
    );
  const scans = [open("/", "largest")];
  const backup = server.engine.backup(() => cuts.push("backup"), {});
  for (let i = 1; i < 8; i++) scans.push(open("/b", "other"));
  // One has more to keep than the others, who all keep the same.
  await write("set", "/a/own");
  for (const path of paths) await write("set", path);
  expect(cuts).toEqual([`largest ${scansKeptBytesMax}`]);
  expect(scanKeptBytesMax).toBeGreaterThan(scansKeptBytesMax / 8);
  for (const scan of [...scans, backup]) scan.close();
});

test("a scan that is over costs nothing any more", async () => {
  const server = await TestEngine.start();
  const { engine } = server;
  const scan = engine.scans.open("/", { withData: true, identities: [] }, () => {});
  const paths = scan.next()?.map(({ path }) => path);
  expect(paths).toEqual(["/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"]);
  expect(scan.next()).toBeUndefined();
  await server.create("/zz");
  expect(scan.next()).toBeUndefined();
  scan.close();
});
