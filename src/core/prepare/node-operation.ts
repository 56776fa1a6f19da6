import { dataBytesMax } from "../../limits.ts";
import type { Caller, NodeOperation } from "../operation.ts";
import { checkPathLength } from "../path.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";
import { prepareCreate } from "./create.ts";
import { prepareDelete } from "./delete.ts";
import { type Context, type Prepared, refuse } from "./prepared.ts";
import { checkQuotaNode } from "./quota.ts";
import { prepareSet } from "./set.ts";

/** Decides what changes nodes, alone or among the operations of a transaction. */
export function prepareNodeOperation(
  operation: NodeOperation,
  caller: Caller,
  state: StateReader,
  context: Context,
): Prepared {
  const malformed = checkSizes(operation) ?? checkQuotaNode(operation);
  if (malformed !== undefined) return refuse(malformed);
  switch (operation.op) {
    case "create":
      return prepareCreate(operation, caller, state, context);
    case "set":
      return prepareSet(operation, state, context);
    case "delete":
      return prepareDelete(operation, state, context);
  }
}

function checkSizes(operation: NodeOperation): Refusal | undefined {
  if ("data" in operation && operation.data.length > dataBytesMax) {
    const actual = operation.data.length;
    const message = `the data has ${actual} bytes; at most ${dataBytesMax} are allowed`;
    return { reason: "DATA_TOO_LARGE", message, facts: { limit: dataBytesMax, actual } };
  }
  return checkPathLength(operation.path);
}
