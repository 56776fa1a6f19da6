import { expect, test, vi } from "vitest";
import { auditWaitingBytesMax } from "../../src/limits.ts";
import { openAuditLog } from "../../src/ops/audit-log.ts";

test("while its disk is full, lines wait up to a bound, and then are dropped", () => {
  const failed = vi.fn();
  const log = openAuditLog({ to: "/dev/full", clock: { wallMs: () => 0 }, failed });
  const reasons = () => failed.mock.calls.map(([error]) => (error as Error).message);
  const lines = auditWaitingBytesMax / 1_000;
  for (let i = 0; i < lines / 2; i++) log.write({ znode: "a".repeat(1_000) });
  expect(reasons().at(-1)).toMatch(/ENOSPC/);
  expect(reasons()).not.toContain("lines were dropped");
  for (let i = 0; i < lines; i++) log.write({ znode: "a".repeat(1_000) });
  expect(reasons()).toContain("lines were dropped");
});
