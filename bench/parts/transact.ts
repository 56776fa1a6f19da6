import { create, toBinary } from "@bufbuild/protobuf";
import { CreateRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { TransactRequestSchema } from "../../gen/ts/corral/v1/transact_pb.js";
import { callTemplate } from "../load/grpc.ts";
import { numberMark, type Template } from "../load/template.ts";
import { corralMethod } from "../servers/corral.ts";
import { load } from "./load.ts";
import { ServerProcess } from "./server-process.ts";

const creates = 40_000;
const perTransaction = 100;
const data = Buffer.alloc(100, "x");

/** The same creates, each in a call of its own and a hundred in one Transact: what the call and the zxid cost. */
export async function transact(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(dataDir);
  const rows: object[] = [];
  const measure = async (method: string, inFlight: number, template: Template, calls: number) => {
    await server.counts();
    const { failures, seconds, latencies } = await load(server, template, { inFlight, calls });
    const counts = await server.counts();
    rows.push({
      method,
      "creates in a call": creates / calls,
      "in flight": inFlight,
      failures,
      "creates per second": Math.round(creates / seconds),
      "p99 ms": Math.round(latencies.summary().p99Ms * 100) / 100,
      "server CPU us/create": Math.round((counts.cpuSeconds * 1e7) / creates) / 10,
      "ops per fsync": Math.round(counts.transactions / counts.commits),
      "longest loop stall ms": Math.round(counts.loopStallMaxMs * 10) / 10,
    });
  };
  // The first round runs on cold code; the second counts.
  for (const round of ["warm-up", "measured"]) {
    await load(server, createCall(`/${round}`), { inFlight: 1, calls: 1 });
    rows.length = 0;
    await measure("Create", 64, createCall(`/${round}/single-${numberMark}`), creates);
    await measure("Transact", 4, transactCall(`/${round}/batch`), creates / perTransaction);
  }
  await server.stop();
  return rows;
}

function createCall(path: string): Template {
  return callTemplate(
    corralMethod("Create"),
    toBinary(CreateRequestSchema, create(CreateRequestSchema, { path, data })),
  );
}

/** A hundred creates; the number of the call is a part of each name. */
function transactCall(prefix: string): Template {
  const operations = Array.from({ length: perTransaction }, (_, i) => ({
    operation: { case: "create" as const, value: { path: `${prefix}-${i}-${numberMark}`, data } },
  }));
  const request = create(TransactRequestSchema, { operations });
  return callTemplate(corralMethod("Transact"), toBinary(TransactRequestSchema, request));
}
