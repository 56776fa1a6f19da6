import { expect, test } from "vitest";
import type { Refusal } from "../../src/core/refusal.ts";
import { scanIdleMaxMs, scansMax } from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";

test("the number of scans is limited, and one whose reader takes nothing ends in time", async () => {
  const { engine, clock } = await TestEngine.start();
  const { pendingTimers } = clock;
  const cuts: Refusal[] = [];
  const open = () =>
    engine.scans.open("/", { withData: false, identities: [] }, (refusal) => cuts.push(refusal));
  const scans = Array.from({ length: scansMax }, open);
  expect(() => open()).toThrow(`${scansMax} scans and backups are under way`);
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
