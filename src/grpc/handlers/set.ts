import { SetRequestSchema, SetResponseSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import { AnswerEncoder } from "../answer-encoder.ts";
import { setFromProto } from "../operation-convert.ts";
import type { WriteCall } from "../write.ts";

export function set(): WriteCall<typeof SetRequestSchema, typeof SetResponseSchema> {
  const encoder = new AnswerEncoder();
  return {
    input: SetRequestSchema,
    output: SetResponseSchema,
    operationOf: setFromProto,
    answerOf: (done) => encoder.set(done),
  };
}
