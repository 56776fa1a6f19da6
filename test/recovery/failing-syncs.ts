import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { toolPath } from "../support/tools.ts";

/** Makes the next syncs of a process fail with EIO, after a while; resolves when that is set up. */
export async function failSyncs(pid: number): Promise<void> {
  const inject = "inject=fdatasync,fsync:error=EIO:delay_enter=2000000";
  const args = ["-f", "-o", "/dev/null", "-p", String(pid), "-e", inject];
  const strace = spawn(toolPath("strace"), args, { stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(() => void strace.kill("SIGKILL"));
  for (const lines = createInterface({ input: strace.stderr }); ; ) {
    const [line] = (await once(lines, "line")) as [string];
    if (line.includes("attached")) return;
  }
}
