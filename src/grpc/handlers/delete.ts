import { DeleteRequestSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import type { Engine } from "../../engine/engine.ts";
import { AnswerEncoder } from "../answer-encoder.ts";
import { deleteFromProto } from "../operation-convert.ts";
import { write } from "../write.ts";
import type { HandlerOf } from "./handler.ts";

export function deleteNode(engine: Engine): HandlerOf<"delete"> {
  const encoder = new AnswerEncoder();
  return async (request, caller) => {
    const done = await write(engine, deleteFromProto(request), caller, {
      schema: DeleteRequestSchema,
      request,
    });
    return encoder.deleted(done);
  };
}
