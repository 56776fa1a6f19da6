import { DeleteRequestSchema, DeleteResponseSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import { AnswerEncoder } from "../answer-encoder.ts";
import { deleteFromProto } from "../operation-convert.ts";
import type { WriteCall } from "../write.ts";

export function deleteNode(): WriteCall<typeof DeleteRequestSchema, typeof DeleteResponseSchema> {
  const encoder = new AnswerEncoder();
  return {
    input: DeleteRequestSchema,
    output: DeleteResponseSchema,
    operationOf: deleteFromProto,
    answerOf: (done) => encoder.deleted(done),
  };
}
