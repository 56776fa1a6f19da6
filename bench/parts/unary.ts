import { create, toBinary } from "@bufbuild/protobuf";
import { CreateRequestSchema, GetRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { frame, load } from "./h2-load.ts";
import { ServerProcess } from "./server-process.ts";

const calls = 40_000;
const connections = 4;

/**
 * Unary calls, the way any gRPC client makes them: durable creates of 100 bytes and reads, at 4, 64 and 256 in
 * flight. Operations per fsync show group commit at work.
 */
export async function unary(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(dataDir);
  const rows: object[] = [];
  const data = Buffer.alloc(100, "x");
  const { address } = server;
  await load({ address, method: "Get", frames: gets("/", 5_000), inFlight: 64, connections });
  for (const inFlight of [4, 64, 256]) {
    const count = inFlight === 4 ? calls / 10 : calls;
    const parent = `/bench-${inFlight}`;
    await load({
      address,
      method: "Create",
      frames: [createFrame(parent, data)],
      inFlight: 1,
      connections: 1,
    });
    const creates = Array.from({ length: count }, (_, i) => createFrame(`${parent}/node-${i}`, data));
    for (const [method, frames] of [
      ["Create", creates],
      ["Get", gets(`${parent}/node-1`, count)],
    ] as const) {
      await server.counts();
      const result = await load({ address, method, frames, inFlight, connections });
      rows.push(row(method, inFlight, result, await server.counts()));
    }
  }
  await server.stop();
  return rows;
}

function row(
  method: string,
  inFlight: number,
  result: Awaited<ReturnType<typeof load>>,
  counts: Awaited<ReturnType<ServerProcess["counts"]>>,
): object {
  return {
    method,
    "in flight": inFlight,
    "per second": Math.round(result.perSecond),
    failures: result.failures,
    "p50 ms": round(result.p50Ms),
    "p99 ms": round(result.p99Ms),
    "max ms": round(result.maxMs),
    "server CPU us/op": round((counts.cpuSeconds * 1e6) / result.calls),
    "ops per fsync": counts.commits === 0 ? "-" : round(counts.transactions / counts.commits),
    "longest loop stall ms": round(counts.loopStallMaxMs),
  };
}

function createFrame(path: string, data: Uint8Array): Buffer {
  return frame(toBinary(CreateRequestSchema, create(CreateRequestSchema, { path, data })));
}

function gets(path: string, count: number): Buffer[] {
  return new Array(count).fill(frame(toBinary(GetRequestSchema, create(GetRequestSchema, { path }))));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
