import { SetRequestSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import type { Engine } from "../../engine/engine.ts";
import { AnswerEncoder } from "../answer-encoder.ts";
import { setFromProto } from "../operation-convert.ts";
import { write } from "../write.ts";
import type { HandlerOf } from "./handler.ts";

export function set(engine: Engine): HandlerOf<"set"> {
  const encoder = new AnswerEncoder();
  return async (request, caller) => {
    const done = await write(engine, setFromProto(request), caller, { schema: SetRequestSchema, request });
    return encoder.set(done);
  };
}
