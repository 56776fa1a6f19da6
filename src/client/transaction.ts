import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ConditionSchema,
  type TransactResult as ProtoResult,
  TransactBranch,
  type TransactOperationSchema,
  type TransactResponse,
} from "../../gen/ts/corral/v1/transact_pb.js";
import { createRequest } from "./create-request.ts";
import type { Namespace } from "./namespace.ts";
import { bytesOf, type Data, NodeValue, type Stat, statFromProto } from "./node.ts";
import type { NewNode } from "./options.ts";

/** A question about one node: one thing to compare. Of a missing node, everything but `exists` is false. */
export type Condition = { readonly path: string } & (
  | { readonly exists: boolean }
  /** -1: there is a node, whatever its version. */
  | { readonly version: number }
  /** It is this very node. */
  | { readonly czxid: number }
  | { readonly aversion: number }
  | { readonly data: Data }
  | { readonly numChildren: number }
);

/** One operation of a transaction; each does what the call of its name does. */
export type Operation =
  | ({ readonly kind: "create"; readonly path: string; readonly data?: Data | undefined } & NewNode)
  | {
      readonly kind: "set";
      readonly path: string;
      readonly data: Data;
      readonly version?: number | undefined;
    }
  | {
      readonly kind: "delete";
      readonly path: string;
      readonly version?: number | undefined;
      readonly recursive?: boolean | undefined;
    }
  /** Let the transaction fail if this does not hold. */
  | { readonly kind: "check"; readonly condition: Condition }
  | { readonly kind: "get"; readonly path: string }
  | { readonly kind: "exists"; readonly path: string };

/** Several operations under one zxid: all of them or none. */
export interface Transaction {
  /** If all of these hold, `operations` are done, otherwise `elseOperations`. None always hold. */
  readonly conditions?: readonly Condition[] | undefined;
  readonly operations?: readonly Operation[] | undefined;
  readonly elseOperations?: readonly Operation[] | undefined;
}

/** What one operation did. */
export type OperationResult =
  | { readonly kind: "create"; readonly path: string; readonly stat: Stat }
  | { readonly kind: "set"; readonly path: string; readonly stat: Stat }
  | { readonly kind: "delete"; readonly path: string }
  | { readonly kind: "check"; readonly path: string }
  | { readonly kind: "get"; readonly path: string; readonly value: NodeValue }
  | { readonly kind: "exists"; readonly path: string; readonly stat: Stat | undefined };

/** What a transaction did. */
export interface TransactionResult {
  readonly zxid: number;
  /** Whether `operations` were done or `elseOperations`. */
  readonly branch: "then" | "else";
  readonly results: readonly OperationResult[];
}

export function transactionToProto(transaction: Transaction, namespace: Namespace) {
  const { conditions = [], operations = [], elseOperations = [] } = transaction;
  return {
    conditions: conditions.map((one) => conditionToProto(one, namespace)),
    operations: operations.map((one) => operationToProto(one, namespace)),
    elseOperations: elseOperations.map((one) => operationToProto(one, namespace)),
  };
}

export function transactionFromProto(
  { zxid, branch, results }: TransactResponse,
  { operations = [], elseOperations = [] }: Transaction,
  namespace: Namespace,
): TransactionResult {
  const isThen = branch === TransactBranch.THEN;
  const done = isThen ? operations : elseOperations;
  return {
    zxid: Number(zxid),
    branch: isThen ? "then" : "else",
    results: results.map((result, at) => resultFromProto(result, done[at]!, Number(zxid), namespace)),
  };
}

function conditionToProto(
  condition: Condition,
  namespace: Namespace,
): MessageInitShape<typeof ConditionSchema> {
  return { path: namespace.toServer(condition.path), test: testOf(condition) };
}

function testOf(condition: Condition): MessageInitShape<typeof ConditionSchema>["test"] & object {
  if ("exists" in condition) return { case: "exists", value: condition.exists };
  if ("version" in condition) return { case: "version", value: condition.version };
  if ("czxid" in condition) return { case: "czxid", value: BigInt(condition.czxid) };
  if ("aversion" in condition) return { case: "aversion", value: condition.aversion };
  if ("data" in condition) return { case: "data", value: bytesOf(condition.data) };
  return { case: "numChildren", value: condition.numChildren };
}

function operationToProto(
  operation: Operation,
  namespace: Namespace,
): MessageInitShape<typeof TransactOperationSchema> {
  if (operation.kind === "check") {
    return { operation: { case: "check", value: conditionToProto(operation.condition, namespace) } };
  }
  const path = namespace.toServer(operation.path);
  switch (operation.kind) {
    case "create":
      return { operation: { case: "create", value: createRequest(path, operation.data, operation) } };
    case "set":
      return {
        operation: { case: "set", value: { path, data: bytesOf(operation.data), ...versionIn(operation) } },
      };
    case "delete": {
      const { recursive = false } = operation;
      return { operation: { case: "delete", value: { path, recursive, ...versionIn(operation) } } };
    }
    case "get":
    case "exists":
      return { operation: { case: operation.kind, value: { path } } };
  }
}

function resultFromProto(
  { result }: ProtoResult,
  operation: Operation,
  zxid: number,
  namespace: Namespace,
): OperationResult {
  const path = operation.kind === "check" ? operation.condition.path : operation.path;
  switch (result.case) {
    case "create":
      return {
        kind: "create",
        path: namespace.fromServer(result.value.path),
        stat: statFromProto(result.value.stat!),
      };
    case "set":
      return { kind: "set", path, stat: statFromProto(result.value.stat!) };
    case "get": {
      const { data, stat } = result.value;
      return { kind: "get", path, value: new NodeValue(path, data, statFromProto(stat!), zxid) };
    }
    case "exists": {
      const { stat } = result.value;
      return { kind: "exists", path, stat: stat && statFromProto(stat) };
    }
    default:
      return { kind: operation.kind === "check" ? "check" : "delete", path };
  }
}

export function versionIn({ version }: { readonly version?: number | undefined }): { version?: number } {
  return version === undefined ? {} : { version };
}
