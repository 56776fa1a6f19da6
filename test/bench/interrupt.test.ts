import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const main = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

test("an interrupted benchmark leaves neither its server nor the data", async () => {
  const dir = mkdtempSync(join(tmpdir(), "bench-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const args = [main, "--servers", "corral", "--json", join(dir, "figures.json"), "unary"];
  const bench = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: dir }, stdio: "ignore" });
  const servers = () =>
    readFileSync(`/proc/${bench.pid}/task/${bench.pid}/children`, "utf8").split(" ").filter(Boolean);
  // The server runs once it has a database.
  await expect
    .poll(() => readdirSync(dir, { recursive: true }).some((file) => `${file}`.endsWith(".db")))
    .toBe(true);
  const [server] = servers();
  bench.kill("SIGINT");
  expect((await once(bench, "exit"))[0]).toBe(130);
  await expect.poll(() => existsSync(`/proc/${server}`)).toBe(false);
  expect(readdirSync(dir).filter((file) => file.startsWith("bench-"))).toEqual([]);
});
