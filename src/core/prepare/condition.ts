import type { Identity } from "../identity.ts";
import type { NodeRecord } from "../node.ts";
import { anyVersion, type Condition } from "../operation.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";
import { denied } from "./permission.ts";
import { badVersion, nodeExists, noNode } from "./refusals.ts";

/** Why a condition does not hold, or may not be asked for; undefined if it holds. Its path must be valid. */
export function brokenCondition(
  condition: Condition,
  state: StateReader,
  identities: readonly Identity[],
): Refusal | undefined {
  const { path } = condition;
  const node = state.node(path);
  const refusal = node && denied("read", path, node, identities);
  if (refusal !== undefined) return refusal;
  if (condition.test === "exists" && !condition.expected) {
    return node === undefined ? undefined : nodeExists(path);
  }
  if (node === undefined) return noNode(path);
  switch (condition.test) {
    case "exists":
      return undefined;
    case "version":
      if (condition.expected === anyVersion || condition.expected === node.version) return undefined;
      return badVersion(path, condition.expected, node);
    case "data":
      if (sameBytes(condition.expected, state.data(path)!)) return undefined;
      return conditionFailed(path, "data", condition.expected.length, node.dataLength);
    default:
      return checkNumber(condition, node);
  }
}

function checkNumber(
  { path, test, expected }: Extract<Condition, { test: "aversion" | "czxid" | "numChildren" }>,
  node: NodeRecord,
): Refusal | undefined {
  const actual = node[test];
  if (actual === expected) return undefined;
  const name = test === "numChildren" ? "num_children" : test;
  return conditionFailed(path, name, expected, actual);
}

function conditionFailed(path: string, test: string, expected: number, actual: number): Refusal {
  const message =
    test === "data"
      ? `the data of ${path} differ from those expected`
      : `${path} has ${test} ${actual}, not ${expected}`;
  // Of data, their lengths: they may be as long as a message, or secret.
  return { reason: "CONDITION_FAILED", message, facts: { path, test, expected, actual } };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
