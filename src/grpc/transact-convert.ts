import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type Condition as ProtoCondition,
  type TransactOperation as ProtoOperation,
  TransactBranch,
  type TransactRequest,
  type TransactResponseSchema,
  type TransactResultSchema,
} from "../../gen/ts/corral/v1/transact_pb.js";
import type {
  Condition,
  Operation,
  Transacted,
  TransactOperation,
  TransactResult,
} from "../core/operation.ts";
import { Refused } from "../core/refusal.ts";
import { zxidMax } from "../limits.ts";
import { badArgument, dataToProto, int64, pageTokenToProto, statToProto } from "./convert.ts";
import { createFromProto, deleteFromProto, listFromProto, setFromProto } from "./operation-convert.ts";

/** @throws Refused BAD_ARGUMENTS, with the place in the request that is wrong. */
export function transactFromProto(request: TransactRequest): Extract<Operation, { op: "transact" }> {
  const { conditions, operations, elseOperations } = request;
  return {
    op: "transact",
    conditions: eachOf(conditions, "conditions", (condition, index) => ({
      facts: { condition_index: index },
      of: () => conditionFromProto(condition),
    })),
    operations: eachOf(operations, "operations", (operation, index) => ({
      facts: { op_index: index, branch: "then" },
      of: () => operationFromProto(operation),
    })),
    elseOperations: eachOf(elseOperations, "else_operations", (operation, index) => ({
      facts: { op_index: index, branch: "else" },
      of: () => operationFromProto(operation),
    })),
  };
}

/** Converts each part of a list; a refusal says which part it is about. */
function eachOf<From, To>(
  list: readonly From[],
  field: string,
  convert: (part: From, index: number) => { readonly facts: Record<string, string | number>; of(): To },
): To[] {
  return list.map((part, index) => {
    const { facts, of } = convert(part, index);
    try {
      return of();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { refusal } = error;
      const inner = refusal.field === undefined ? "" : `.${refusal.field}`;
      throw new Refused({
        ...refusal,
        facts: { ...refusal.facts, ...facts },
        field: `${field}[${index}]${inner}`,
      });
    }
  });
}

function conditionFromProto({ path, test }: ProtoCondition): Condition {
  switch (test.case) {
    case "exists":
      return { path, test: "exists", expected: test.value };
    case "version":
    case "aversion":
    case "numChildren":
      return { path, test: test.case, expected: test.value };
    case "czxid":
      // Larger numbers are nobody's zxid, however they are rounded.
      return { path, test: "czxid", expected: test.value > zxidMax ? -1 : Number(test.value) };
    case "data":
      return { path, test: "data", expected: test.value };
    case "text":
      return { path, test: "data", expected: Buffer.from(test.value) };
    default:
      throw badArgument("test", "a condition needs one thing to compare");
  }
}

function operationFromProto({ operation }: ProtoOperation): TransactOperation {
  switch (operation.case) {
    case "create":
      return createFromProto(operation.value);
    case "set":
      return setFromProto(operation.value);
    case "delete":
      return deleteFromProto(operation.value);
    case "check":
      return { op: "check", condition: conditionFromProto(operation.value) };
    case "get":
      return { op: "get", path: operation.value.path };
    case "exists":
      return { op: "exists", path: operation.value.path };
    case "list":
      return listFromProto(operation.value);
    default:
      throw badArgument("operation", "each part of a transaction needs an operation");
  }
}

/** The answer to a request, whose reads say whether they want text. */
export function transactedToProto(
  { branch, results }: Transacted,
  zxid: number,
  { operations, elseOperations }: TransactRequest,
): MessageInitShape<typeof TransactResponseSchema> {
  const asked = branch === "then" ? operations : elseOperations;
  return {
    zxid: int64(zxid),
    branch: branch === "then" ? TransactBranch.THEN : TransactBranch.ELSE,
    results: results.map((result, index) => resultToProto(result, int64(zxid), asked[index]!)),
  };
}

function resultToProto(
  result: TransactResult,
  zxid: bigint,
  { operation }: ProtoOperation,
): MessageInitShape<typeof TransactResultSchema> {
  switch (result.op) {
    case "create":
      return { result: { case: "create", value: createdToProto(result, zxid, operation) } };
    case "set":
      return { result: { case: "set", value: { zxid, stat: statToProto(result.stat) } } };
    case "delete":
      return { result: { case: "delete", value: { zxid } } };
    case "check":
      return { result: { case: "check", value: {} } };
    case "exists": {
      const stat = result.stat && { stat: statToProto(result.stat) };
      return { result: { case: "exists", value: { zxid, ...stat } } };
    }
    case "get": {
      const asText = operation.case === "get" && operation.value.asText;
      const data = dataToProto(result.data, asText);
      return { result: { case: "get", value: { zxid, stat: statToProto(result.stat), ...data } } };
    }
    case "list":
      return { result: { case: "list", value: listToProto(result, zxid) } };
  }
}

function createdToProto(
  { path, stat, existed, data }: Extract<TransactResult, { op: "create" }>,
  zxid: bigint,
  operation: ProtoOperation["operation"],
) {
  const asText = operation.case === "create" && operation.value.asText;
  return { zxid, path, stat: statToProto(stat), existed, ...(data && dataToProto(data, asText)) };
}

export function listToProto({ children, more, stat }: Extract<TransactResult, { op: "list" }>, zxid: bigint) {
  return {
    zxid,
    children: children.map(({ name, stat }) => (stat ? { name, stat: statToProto(stat) } : { name })),
    nextPageToken: more ? pageTokenToProto(children.at(-1)!.name) : "",
    stat: statToProto(stat),
  };
}
