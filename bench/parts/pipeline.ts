import http2 from "node:http2";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type PipelineOperationSchema,
  PipelineRequestSchema,
  PipelineResponseSchema,
} from "../../gen/ts/corral/v1/pipeline_pb.js";
import { frame } from "./h2-load.ts";
import { ServerProcess } from "./server-process.ts";

type Operation = NonNullable<MessageInitShape<typeof PipelineOperationSchema>["operation"]>;

const count = 200_000;
const inFlight = 1_000;
const perMessage = 100;

/** Operations on one Pipeline, a thousand in flight: ready-made messages over bare HTTP/2, answers counted. */
export async function pipeline(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(dataDir);
  const data = Buffer.alloc(100, "x");
  await run(server, [{ case: "create", value: { path: "/p" } }]);
  const rows: object[] = [];
  for (const round of [0, 1]) {
    const creates = Array.from(
      { length: count },
      (_, i): Operation => ({ case: "create", value: { path: `/p/node-${round}-${i}`, data } }),
    );
    const of = (name: "get" | "set"): Operation[] =>
      Array.from({ length: count }, (_, i) => {
        const path = `/p/node-${round}-${i % 1_000}`;
        return name === "get" ? { case: "get", value: { path } } : { case: "set", value: { path, data } };
      });
    for (const [what, operations] of [
      ["create", creates],
      ["get", of("get")],
      ["set", of("set")],
    ] as const) {
      rows.push({ round, what, ...(await run(server, operations)) });
    }
  }
  await server.stop();
  return rows;
}

async function run(server: ServerProcess, operations: readonly Operation[]): Promise<object> {
  const frames: Buffer[] = [];
  for (let at = 0; at < operations.length; at += perMessage) {
    const message = { operations: operations.slice(at, at + perMessage).map((operation) => ({ operation })) };
    frames.push(frame(toBinary(PipelineRequestSchema, create(PipelineRequestSchema, message))));
  }
  await server.counts();
  const session = http2.connect(`http://${server.address}`, {
    settings: { initialWindowSize: 4 * 1_048_576 },
  });
  session.on("connect", () => session.setLocalWindowSize(16 * 1_048_576));
  const stream = session.request({
    ":method": "POST",
    ":path": "/corral.v1.Coordination/Pipeline",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const startMs = performance.now();
  let sent = 0;
  let done = 0;
  const send = () => {
    for (; sent < frames.length && sent * perMessage - done < inFlight; sent++) stream.write(frames[sent]!);
  };
  await new Promise<void>((resolve) => {
    let rest: Buffer = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const end = 5 + rest.readUInt32BE(1);
        done += resultsIn(rest.subarray(5, end));
        rest = rest.subarray(end);
      }
      send();
      if (done === operations.length) resolve();
    });
    send();
  });
  const seconds = (performance.now() - startMs) / 1000;
  session.destroy();
  const counts = await server.counts();
  return {
    "per second": Math.round(operations.length / seconds),
    "server CPU us/op": Math.round((counts.cpuSeconds * 1e7) / operations.length) / 10,
    "ops per fsync": counts.commits === 0 ? "-" : Math.round(counts.transactions / counts.commits),
    "longest loop stall ms": Math.round(counts.loopStallMaxMs * 10) / 10,
  };
}

/** Counts the results in a PipelineResponse without decoding them; the first message is checked in full. */
let checked = false;
function resultsIn(message: Buffer): number {
  if (!checked) {
    checked = true;
    const [first] = fromBinary(PipelineResponseSchema, message).results;
    if (first?.result.case === "error") throw new Error(first.result.value.message);
  }
  let results = 0;
  for (let at = 0; at < message.length; results++) {
    at++;
    let length = 0;
    let shift = 0;
    for (; ; at++, shift += 7) {
      length |= (message[at]! & 127) << shift;
      if (message[at]! < 128) break;
    }
    at += 1 + length;
  }
  return results;
}
