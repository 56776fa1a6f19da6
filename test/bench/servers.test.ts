import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { cpuSeconds, forgetPeak, memory } from "../../bench/servers/process-stats.ts";

const probe = new URL("../../bench/servers/stall-probe.ts", import.meta.url).href;
const stalling = fileURLToPath(new URL("stalling-process.ts", import.meta.url));

test("CPU time is that of the whole process", () => {
  const before = cpuSeconds(process.pid);
  const used = process.cpuUsage();
  while (process.cpuUsage(used).user < 200_000);
  expect(cpuSeconds(process.pid) - before).toBeGreaterThan(0.15);
});

test("a peak of memory is remembered until it is forgotten", () => {
  const before = memory(process.pid).rssBytes;
  const large = Buffer.alloc(100_000_000, 1);
  expect(memory(process.pid).peakBytes).toBeGreaterThan(before + 90_000_000);
  expect(large.at(-1)).toBe(1);
  forgetPeak(process.pid);
  const { rssBytes, peakBytes } = memory(process.pid);
  expect(Math.abs(peakBytes - rssBytes)).toBeLessThan(50_000_000);
});

test("the probe finds how long an event loop was held up, from when it is asked to look", async () => {
  const child = fork(stalling, { execArgv: ["--import", probe] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const next = async () => (await once(child, "message"))[0];
  expect(await next()).toBe("ready");
  child.send("begin");
  child.send("stall");
  expect(await next()).toBe("stalled");
  child.send("end");
  const { longestMs, longestOwnMs } = await next();
  expect(longestMs).toBeGreaterThan(80);
  expect(longestOwnMs).toBeLessThanOrEqual(longestMs);
  expect(longestOwnMs).toBeGreaterThan(40);
});
