import { TransactRequestSchema } from "../../../gen/ts/corral/v1/transact_pb.js";
import type { Engine } from "../../engine/engine.ts";
import { transactedToProto, transactFromProto } from "../transact-convert.ts";
import { write } from "../write.ts";
import type { HandlerOf } from "./handler.ts";

export function transact(engine: Engine): HandlerOf<"transact"> {
  return async (request, caller) => {
    const { zxid, transacted } = await write(engine, transactFromProto(request), caller, {
      schema: TransactRequestSchema,
      request,
    });
    return transactedToProto(transacted!, zxid, request);
  };
}
