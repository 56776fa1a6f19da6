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

/** Makes calls of a process fail, from when this resolves until the answer is called. */
async function failing(pid: number, ...options: string[]): Promise<() => Promise<void>> {
  const args = ["-f", "-o", "/dev/null", "-p", String(pid), ...options];
  const strace = spawn(toolPath("strace"), args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(strace, "exit");
  const end = async () => {
    // It lets go of the process.
    strace.kill("SIGTERM");
    await ended;
  };
  onTestFinished(end);
  for (const lines = createInterface({ input: strace.stderr }); ; ) {
    const [line] = (await once(lines, "line")) as [string];
    if (line.includes("attached")) return end;
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
    await failing(server.pid, "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=EIO:when=1");
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

  test("takes a user's used up quota for a full disk: it refuses writes, serves reads, and goes on when there is room", async () => {
    const dataDir = temporaryFolder();
    const server = await startServerProcess(dataDir, "--http-port", "0");
    onTestFinished(() => server.kill());
    const client = await connect({ endpoints: server.address, sessionTimeoutMs: false });
    onTestFinished(() => client.close());
    await client.create("/a", "before");
    const alarms = async () => (await client.admin.status()).alarms.map(({ name }) => name);
    const files = ["corral.db-wal", "reserve"].flatMap((name) => ["-P", join(dataDir, name)]);
    const end = await failing(
      server.pid,
      ...files,
      "-e",
      "trace=pwrite64",
      "-e",
      "inject=pwrite64:error=EDQUOT",
    );
    await expect(client.set("/a", "after")).rejects.toMatchObject({ reason: "DISK_FULL" });
    expect(await alarms()).toContain("disk_full");
    expect((await client.get("/a")).text).toBe("before");
    await expect(client.set("/a", "after")).rejects.toMatchObject({ reason: "DISK_FULL" });
    await end();
    while ((await alarms()).includes("disk_full"));
    await client.set("/a", "after");
    expect((await client.get("/a")).text).toBe("after");
    expect(await server.stop()).toBe(0);
  }, 60_000);
});
