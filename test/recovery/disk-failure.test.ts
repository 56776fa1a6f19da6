// One sync of a real server fails: it ends without touching its files again, and the next start finds all of them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { temporaryFolder } from "../story/programs.ts";
import { startServerProcess } from "../story/server-process.ts";
import { skipUnless, toolPath } from "../support/tools.ts";

/** Makes the next sync of a process fail with EIO; resolves when that is set up. */
async function failNextSync(pid: number): Promise<void> {
  const inject = "inject=fdatasync,fsync:error=EIO:when=1";
  const args = ["-f", "-o", "/dev/null", "-p", String(pid), "-e", inject];
  const strace = spawn(toolPath("strace"), args, { stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(() => void strace.kill("SIGKILL"));
  for (const lines = createInterface({ input: strace.stderr }); ; ) {
    const [line] = (await once(lines, "line")) as [string];
    if (line.includes("attached")) return;
  }
}

skipUnless("strace")("a server on a disk that fails", () => {
  test("ends after one failed sync, leaves its log as it is, and loses nothing that was acknowledged", async () => {
    const dataDir = temporaryFolder();
    const server = await startServerProcess(dataDir, "--http-port", "0");
    onTestFinished(() => server.kill());
    const client = await connect({ endpoints: server.address, sessionTimeoutMs: false });
    for (let i = 0; i < 5; i++) await client.create(`/n${i}`);
    const log = () => readFileSync(join(dataDir, "corral.db-wal"));
    const before = log();
    await failNextSync(server.pid);
    const change = client.set("/n0", "more").catch(() => {});
    expect(await server.ended).toBe("SIGKILL");
    await Promise.all([change, client.close()]);
    expect(log().subarray(0, before.length).equals(before)).toBe(true);
    const heir = await startServerProcess(dataDir, "--http-port", "0");
    onTestFinished(() => heir.kill());
    const again = await connect({ endpoints: heir.address, sessionTimeoutMs: false });
    onTestFinished(() => again.close());
    for (let i = 0; i < 5; i++) expect(await again.exists(`/n${i}`)).toBeDefined();
  }, 60_000);
});
