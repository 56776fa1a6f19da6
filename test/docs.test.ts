import { globSync, readFileSync } from "node:fs";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { reasons } from "../src/core/refusal.ts";
import { codeOfReason } from "../src/grpc/status.ts";
import { frontMetrics, servingMetrics, startMetrics } from "../src/ops/corral-metrics.ts";
import { processMetrics } from "../src/ops/process-metrics.ts";
import { rpcMetrics } from "../src/ops/rpc-metrics.ts";
import { zookeeperMetrics } from "../src/ops/zookeeper-metrics.ts";

test("docs/errors.md lists every reason with its code, and nothing else", () => {
  const text = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` +\| ([A-Z_]+) +\|/gm)].map(([, reason, code]) => [
    reason,
    code,
  ]);
  expect(rows.sort()).toEqual(reasons.map((reason) => [reason, status[codeOfReason[reason]]]).sort());
});

test("docs/metrics.md lists every metric with its type and what it tells, and nothing else", () => {
  const text = readFileSync(new URL("../docs/metrics.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` +\| (counter|gauge|histogram|summary) +\|(.*)\|$/gm)].map(
    ([, name, type, cells = ""]) => ({ name, type, cells: cells.split("|").map((cell) => cell.trim()) }),
  );
  const own = [...startMetrics, ...servingMetrics, ...frontMetrics, ...rpcMetrics, ...processMetrics];
  const metrics = [...own, ...zookeeperMetrics];
  expect(rows.map(({ name }) => name).sort()).toEqual(metrics.map(({ name }) => name).sort());
  for (const { name, type, help } of metrics) {
    const row = rows.find((one) => one.name === name)!;
    expect(row.type, name).toBe(type);
    expect(row.cells, name).toContain(help);
  }
});

test("what docs/operations.md quotes as a sign of trouble is what the sources say", () => {
  const text = readFileSync(new URL("../docs/operations.md", import.meta.url), "utf8");
  const [, section = ""] = text.split("\n## When something is wrong\n");
  const signs = [...section.matchAll(/^\| (.+?) +\| /gm)].map(([, sign = ""]) => sign).slice(2);
  expect(signs.length).toBeGreaterThan(40);

  const source = new URL("../src/", import.meta.url);
  const sources = globSync("**/*.ts", { cwd: source }).map((file) =>
    readFileSync(new URL(file, source), "utf8"),
  );
  const quoted = signs.flatMap((sign) => [...sign.matchAll(/“([^”]+)”/g)].map(([, words = ""]) => words));
  expect(quoted.length).toBeGreaterThan(30);
  // The parts between names and numbers, all in one file.
  const missing = quoted.filter((words) => {
    const parts = words.split("…").map((part) => part.trim());
    return !sources.some((code) => parts.every((part) => code.includes(part)));
  });
  expect(missing).toEqual([]);

  const named = signs.flatMap((sign) => [...sign.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
  expect(named.filter((name) => !(reasons as readonly (string | undefined)[]).includes(name))).toEqual([]);
});
