import { CreateRequestSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import type { Engine } from "../../engine/engine.ts";
import { AnswerEncoder } from "../answer-encoder.ts";
import { createFromProto } from "../operation-convert.ts";
import { write } from "../write.ts";
import type { HandlerOf } from "./handler.ts";

export function create(engine: Engine): HandlerOf<"create"> {
  const encoder = new AnswerEncoder();
  return async (request, caller) => {
    const done = await write(engine, createFromProto(request), caller, {
      schema: CreateRequestSchema,
      request,
    });
    return encoder.created(done, request.asText);
  };
}
