import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { OpenSessionRequestSchema } from "../../gen/ts/corral/v1/session_pb.js";
import { callTemplate } from "../load/grpc.ts";
import { corralMethod } from "../servers/corral.ts";
import { load } from "./load.ts";
import { ServerProcess } from "./server-process.ts";

const count = 50_000;

/** Fifty thousand sessions: idle, so that all that is left is the turning of the expiry buckets; then all at once expired. */
export async function sessions(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(dataDir);
  const before = await server.counts();
  const request = create(OpenSessionRequestSchema, { timeoutMs: 30_000 });
  const call = callTemplate(corralMethod("OpenSession"), toBinary(OpenSessionRequestSchema, request));
  const opened = await load(server, call, { inFlight: 256, calls: count });
  const open = await server.counts();
  const rows: object[] = [row("opening", opened.seconds, open)];
  await sleep(10_000);
  rows.push(row("idle", 10, await server.counts()));
  await sleep(35_000);
  rows.push(row("expiring", 35, await server.counts()));
  rows.push({ phase: "memory per session", bytes: Math.round((open.rssBytes - before.rssBytes) / count) });
  await server.stop();
  return rows;
}

function row(phase: string, seconds: number, counts: Awaited<ReturnType<ServerProcess["counts"]>>): object {
  return {
    phase,
    seconds: Math.round(seconds * 10) / 10,
    "CPU s": Math.round(counts.cpuSeconds * 1000) / 1000,
    "% of a core": Math.round((counts.cpuSeconds / seconds) * 1000) / 10,
    transactions: counts.transactions,
    commits: counts.commits,
    "longest loop stall ms": Math.round(counts.loopStallMaxMs * 10) / 10,
  };
}
