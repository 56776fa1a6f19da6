import { CallChannel } from "../load/grpc.ts";
import { closedLoop, type LoadResult } from "../load/loops.ts";
import type { Template } from "../load/template.ts";
import type { ServerProcess } from "./server-process.ts";

/** So many calls, so many at any time, on four connections. */
export async function load(
  { started: { port } }: ServerProcess,
  template: Template,
  { inFlight, calls }: { readonly inFlight: number; readonly calls: number },
): Promise<LoadResult> {
  const channels: CallChannel[] = [];
  for (let i = 0; i < 4; i++) channels.push(await CallChannel.open(port));
  const result = await closedLoop({
    channels,
    inFlight,
    operations: calls,
    requests: (n) => [template, n],
  });
  for (const channel of channels) channel.close();
  return result;
}
