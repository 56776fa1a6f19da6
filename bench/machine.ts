import { spawnSync } from "node:child_process";
import { cpus, release, tmpdir, totalmem } from "node:os";

/** What the figures depend on, beside the servers. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  /** Of the data directories. */
  readonly fileSystem: string;
  readonly node: string;
}

export function machine(): Machine {
  const { stdout } = spawnSync("stat", ["-f", "-c", "%T", tmpdir()], { encoding: "utf8" });
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
    fileSystem: stdout?.trim() || "unknown",
    node: process.versions.node,
  };
}
