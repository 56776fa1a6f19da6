import { create, toBinary } from "@bufbuild/protobuf";
import { CreateRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { TransactRequestSchema } from "../../gen/ts/corral/v1/transact_pb.js";
import { frame, load } from "./h2-load.ts";
import { ServerProcess } from "./server-process.ts";

const creates = 40_000;
const perTransaction = 100;
const data = Buffer.alloc(100, "x");

/** The same creates, each in a call of its own and a hundred in one Transact: what the call and the zxid cost. */
export async function transact(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(dataDir);
  const rows: object[] = [];
  const measure = async (method: string, inFlight: number, frames: Buffer[]) => {
    const { address } = server;
    await server.counts();
    const result = await load({ address, method, frames, inFlight, connections: 4 });
    const counts = await server.counts();
    rows.push({
      method,
      "creates in a call": creates / frames.length,
      "in flight": inFlight,
      failures: result.failures,
      "creates per second": Math.round(creates / result.seconds),
      "p99 ms": Math.round(result.p99Ms * 100) / 100,
      "server CPU us/create": Math.round((counts.cpuSeconds * 1e7) / creates) / 10,
      "longest loop stall ms": Math.round(counts.loopStallMaxMs * 10) / 10,
    });
  };
  // The first round runs on cold code; the second counts.
  for (const round of ["warm-up", "measured"]) {
    await measure("Create", 1, [requestFrame(`/${round}`)]);
    rows.length = 0;
    await measure("Create", 64, names(`/${round}/single`).map(requestFrame));
    await measure("Transact", 4, batches(names(`/${round}/batch`)));
  }
  await server.stop();
  return rows;
}

function names(prefix: string): string[] {
  return Array.from({ length: creates }, (_, i) => `${prefix}-${i}`);
}

function requestFrame(path: string): Buffer {
  return frame(toBinary(CreateRequestSchema, create(CreateRequestSchema, { path, data })));
}

function batches(paths: readonly string[]): Buffer[] {
  return Array.from({ length: creates / perTransaction }, (_, i) => {
    const operations = paths
      .slice(i * perTransaction, (i + 1) * perTransaction)
      .map((path) => ({ operation: { case: "create" as const, value: { path, data } } }));
    return frame(toBinary(TransactRequestSchema, create(TransactRequestSchema, { operations })));
  });
}
