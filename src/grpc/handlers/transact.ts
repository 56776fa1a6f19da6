import { TransactRequestSchema, TransactResponseSchema } from "../../../gen/ts/corral/v1/transact_pb.js";
import { transactedToProto, transactFromProto } from "../transact-convert.ts";
import type { WriteCall } from "../write.ts";

export function transact(): WriteCall<typeof TransactRequestSchema, typeof TransactResponseSchema> {
  return {
    input: TransactRequestSchema,
    output: TransactResponseSchema,
    operationOf: transactFromProto,
    answerOf: ({ zxid, transacted }, request) => transactedToProto(transacted!, zxid, request),
  };
}
