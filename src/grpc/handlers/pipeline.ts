import type { Engine } from "../../engine/engine.ts";
import { badArgument } from "../convert.ts";
import { requestIdKey } from "../metadata.ts";
import { Line } from "../pipeline-line.ts";
import type { PipelineOperations } from "../pipeline-operations.ts";
import type { HandlerOf } from "./handler.ts";

export function pipeline(engine: Engine, operations: PipelineOperations): HandlerOf<"pipeline"> {
  return async (stream, { requestKey, ...caller }) => {
    if (requestKey !== undefined) {
      throw badArgument(requestIdKey, "a pipeline is many calls: give each operation its request_id");
    }
    const line = new Line(stream, (operation, options) => operations.do(operation, caller, options));
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
      unbind?.();
    }
  };
}
