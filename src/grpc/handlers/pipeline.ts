import type { Engine } from "../../engine/engine.ts";
import { type MemoryBudget, type MemoryHolder, memoryUsedUp } from "../../engine/memory-budget.ts";
import { badArgument } from "../convert.ts";
import { requestIdKey } from "../metadata.ts";
import { Line } from "../pipeline-line.ts";
import type { PipelineOperations } from "../pipeline-operations.ts";
import type { HandlerOf } from "./handler.ts";

type Stream = Parameters<HandlerOf<"pipeline">>[0];

export function pipeline(
  engine: Engine,
  operations: PipelineOperations,
  memory: MemoryBudget,
): HandlerOf<"pipeline"> {
  const holders = new Set<MemoryHolder>();
  memory.add("pipeline", holders);
  const grew = (bytes: number) => memory.grew(bytes);
  return async (stream, { requestKey, ...caller }) => {
    if (requestKey !== undefined) {
      throw badArgument(requestIdKey, "a pipeline is many calls: give each operation its request_id");
    }
    const line = new Line(stream, (operation, options) => operations.do(operation, caller, options), grew);
    const holder = holderOf(line, stream);
    holders.add(holder);
    const { sessionId } = caller;
    const unbind =
      sessionId === undefined ? undefined : engine.bind(sessionId, (refusal) => stream.cut(refusal));
    try {
      for await (const request of stream.requests) {
        for (const operation of request.operations) {
          const wait = () => line.breath() ?? line.room() ?? engine.watches.sending;
          for (let waiting = wait(); waiting !== undefined; waiting = wait()) await waiting;
          line.take(operation);
        }
        line.flush();
      }
      await line.finished();
    } finally {
      holders.delete(holder);
      unbind?.();
    }
  };
}

function holderOf(line: Line, stream: Stream): MemoryHolder {
  return {
    peer: stream.peer,
    get heldBytes() {
      return line.heldBytes;
    },
    get waitingBytes() {
      return line.waitingBytes;
    },
    get movedBytes() {
      return line.movedBytes;
    },
    shed: (bytesMax) =>
      stream.cut(memoryUsedUp("OVERLOADED", "read the answers of a pipeline as they come", bytesMax)),
  };
}
