import { CreateRequestSchema, CreateResponseSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import { AnswerEncoder } from "../answer-encoder.ts";
import { createFromProto } from "../operation-convert.ts";
import type { WriteCall } from "../write.ts";

export function create(): WriteCall<typeof CreateRequestSchema, typeof CreateResponseSchema> {
  const encoder = new AnswerEncoder();
  return {
    input: CreateRequestSchema,
    output: CreateResponseSchema,
    operationOf: createFromProto,
    answerOf: (done, { asText }) => encoder.created(done, asText),
  };
}
