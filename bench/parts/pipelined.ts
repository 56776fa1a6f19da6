import { closedLoop } from "../load/loops.ts";
import { PipelineChannel } from "../load/pipeline-channel.ts";
import { type Operation, pipelineOperation } from "../servers/corral.ts";
import type { ServerProcess } from "./server-process.ts";

/** What came of a load. */
export interface Ran {
  readonly "per second": number;
  readonly "longest loop stall ms": number;
}

/** These operations on one Pipeline, a thousand in flight. @throws Error when one of them fails */
export async function run(server: ServerProcess, operations: readonly Operation[]): Promise<Ran> {
  const templates = operations.map((operation) => pipelineOperation(operation));
  const channel = await PipelineChannel.open(server.started.port, 100);
  await server.counts();
  const { failures, seconds } = await closedLoop({
    channels: [channel],
    inFlight: 1_000,
    operations: operations.length,
    requests: (n) => [templates[n]!, 0],
  });
  channel.close();
  if (failures > 0) throw new Error(`${failures} operations failed`);
  const { loopStallMaxMs } = await server.counts();
  return {
    "per second": Math.round(operations.length / seconds),
    "longest loop stall ms": Math.round(loopStallMaxMs * 10) / 10,
  };
}
