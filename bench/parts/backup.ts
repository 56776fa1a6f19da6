import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Operation } from "../servers/corral.ts";
import { type Ran, run } from "./pipelined.ts";
import { ServerProcess } from "./server-process.ts";

const nodes = Number(process.env["NODES"] ?? 1_000_000);
const folders = Number(process.env["FOLDERS"] ?? 100);
const data = Buffer.alloc(100, "x");
const part = 10_000;
const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** A backup of many nodes by `corral backup`, with and without writes, its restore, and a check of what was restored. */
export async function backup(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(join(dataDir, "data"));
  const file = join(dataDir, "file");
  const pathOf = (i: number) => `/f-${i % folders}/node-${i}`;
  const creates = (count: number, path: (i: number) => string): Operation[] =>
    Array.from({ length: count }, (_, i) => ({ case: "create", value: { path: path(i), data } }));
  await run(
    server,
    creates(folders, (i) => `/f-${i}`),
  );
  for (let at = 0; at < nodes; at += 100_000)
    await run(
      server,
      creates(Math.min(100_000, nodes - at), (i) => pathOf(at + i)),
    );
  const rows: object[] = [];
  const sets = (): Operation[] =>
    Array.from({ length: part }, () => {
      return { case: "set", value: { path: pathOf(Math.floor(Math.random() * nodes)), data } };
    });
  const writing = async (until: () => boolean) => {
    const parts: Ran[] = [];
    while (!until()) parts.push(await run(server, sets()));
    return {
      "sets per second": Math.round(
        parts.length / parts.reduce((sum, ran) => sum + 1 / ran["per second"], 0),
      ),
      "longest loop stall ms": Math.max(...parts.map((ran) => ran["longest loop stall ms"])),
    };
  };
  let left = 20;
  rows.push({ what: "writes alone", ...(await writing(() => left-- === 0)) });
  for (const round of [0, 1]) {
    await server.counts();
    const seconds = await corral("backup", "--force", "--endpoint", server.address, file);
    const { loopStallMaxMs } = await server.counts();
    const stall = { "longest loop stall ms": Math.round(loopStallMaxMs * 10) / 10 };
    rows.push({
      what: `backup ${round}`,
      seconds,
      ...stall,
      "file MB": Math.round(statSync(file).size / 1e5) / 10,
    });
  }
  let done = false;
  const busy = corral("backup", "--force", "--endpoint", server.address, file).finally(() => {
    done = true;
  });
  const [seconds, written] = await Promise.all([busy, writing(() => done)]);
  rows.push({ what: "backup and writes", seconds, ...written });
  await server.stop();
  rows.push({ what: "inspect", seconds: await corral("backup", "inspect", file) });
  rows.push({ what: "restore", seconds: await corral("restore", file, join(dataDir, "restored")) });
  rows.push({ what: "fsck", seconds: await corral("fsck", join(dataDir, "restored")) });
  return rows;
}

/** Runs the command, and answers how long it took, in seconds. */
async function corral(...args: string[]): Promise<number> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`corral ${args.join(" ")} exited with ${code}`);
  return Math.round((performance.now() - startMs) / 100) / 10;
}
