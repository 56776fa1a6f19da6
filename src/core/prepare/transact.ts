import { eventDataBytesMax, quotasPerTransactionMax, transactionAnswerBytesMax } from "../../limits.ts";
import { apply } from "../apply.ts";
import type { Change } from "../change.ts";
import { statOf } from "../node.ts";
import type { Caller, NodeOperation, TransactOperation, TransactResult } from "../operation.ts";
import { validatePath } from "../path.ts";
import { quotaOfLimits } from "../quota.ts";
import type { Refusal } from "../refusal.ts";
import { Staging } from "../staging.ts";
import type { StateReader } from "../state.ts";
import { ChangeBudget } from "./change-budget.ts";
import { brokenCondition } from "./condition.ts";
import { prepareNodeOperation } from "./node-operation.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { read, resultBytes } from "./read.ts";
import { transactionTooLarge } from "./refusals.ts";

/** PrepRequestProcessor, case multi, and the choice between two branches before it. All or nothing. */
export function prepareTransact(
  { conditions, operations, elseOperations }: Of<"transact">,
  caller: Caller,
  state: StateReader,
  context: Context,
): Prepared {
  const count = conditions.length + operations.length + elseOperations.length;
  const { transactionOperationsMax } = context.limits;
  if (count > transactionOperationsMax) {
    return refuse(transactionTooLarge("operations", count, transactionOperationsMax));
  }
  let holds = true;
  for (const [index, condition] of conditions.entries()) {
    const badPath = validatePath(condition.path);
    if (badPath !== undefined)
      return refuse(located(badPath, { condition_index: index }, "conditions", index));
    const refusal = brokenCondition(condition, state, context.identities);
    // What may not be known decides nothing.
    if (refusal?.reason === "NO_AUTH") {
      return refuse(located(refusal, { condition_index: index }, "conditions", index));
    }
    if (refusal !== undefined) holds = false;
  }
  const branch = holds ? "then" : "else";
  const run = new Run(caller, state, context);
  for (const [index, operation] of (holds ? operations : elseOperations).entries()) {
    const refusal = run.do(operation);
    if (refusal === undefined) continue;
    const field = holds ? "operations" : "else_operations";
    return refuse(located(refusal, { op_index: index, branch }, field, index));
  }
  const { results, answerBytes } = run;
  const transacted = { branch, results, bytes: answerBytes } as const;
  return { ok: true, changes: boundEventData(run.changes), transacted };
}

/** Says which part of the request a refusal is about. */
function located(refusal: Refusal, facts: Refusal["facts"], list: string, index: number): Refusal {
  const field = refusal.field && { field: `${list}[${index}].${refusal.field}` };
  return { ...refusal, facts: { ...refusal.facts, ...facts }, ...field };
}

/** The operations of one branch, each decided on what those before it left. */
class Run {
  readonly changes: Change[] = [];
  readonly results: TransactResult[] = [];
  answerBytes = 0;
  readonly #budget: ChangeBudget;
  #quotas = 0;
  readonly #caller: Caller;
  readonly #context: Context;
  /** What the transaction would leave; thrown away with it. */
  readonly #scratch: Staging;

  constructor(caller: Caller, state: StateReader, context: Context) {
    this.#caller = caller;
    this.#context = context;
    this.#budget = new ChangeBudget(context.limits);
    this.#scratch = new Staging(state);
  }

  do(operation: TransactOperation): Refusal | undefined {
    switch (operation.op) {
      case "create":
      case "set":
      case "delete":
        return this.#change(operation);
      case "check": {
        const { condition } = operation;
        const refusal =
          validatePath(condition.path) ?? brokenCondition(condition, this.#scratch, this.#context.identities);
        return refusal ?? this.#tell({ op: "check" }, resultBytes);
      }
      default: {
        const answer = read(operation, this.#scratch, this.#context.identities);
        return answer.ok ? this.#tell(answer.result, answer.bytes) : answer.refusal;
      }
    }
  }

  #change(operation: NodeOperation): Refusal | undefined {
    const { stamp } = this.#context;
    const prepared = prepareNodeOperation(operation, this.#caller, this.#scratch, this.#context);
    if (!prepared.ok) return prepared.refusal;
    for (const change of prepared.changes) {
      if (!("path" in change)) continue;
      this.changes.push(change);
      if (change.kind === "nodeCreated" && quotaOfLimits(change.path) !== undefined) this.#quotas++;
      const tooLarge = this.#budget.add(change.path, bytesOf(change));
      if (tooLarge !== undefined) return tooLarge;
    }
    if (this.#quotas > quotasPerTransactionMax) {
      return transactionTooLarge("quotas", this.#quotas, quotasPerTransactionMax);
    }
    apply({ ...stamp, changes: prepared.changes }, this.#scratch);
    if (operation.op === "delete") return this.#tell({ op: "delete" }, resultBytes);
    const path = prepared.path!;
    const stat = statOf(this.#scratch.node(path)!);
    if (operation.op === "set") return this.#tell({ op: "set", stat }, resultBytes);
    const { existed = false, data } = prepared;
    const bytes = resultBytes + path.length + (data?.length ?? 0);
    return this.#tell({ op: "create", path, stat, existed, data }, bytes);
  }

  #tell(result: TransactResult, bytes: number): Refusal | undefined {
    this.results.push(result);
    this.answerBytes += bytes;
    if (this.answerBytes <= transactionAnswerBytesMax) return undefined;
    return transactionTooLarge("bytes of answers", this.answerBytes, transactionAnswerBytesMax);
  }
}

/** The data from before are carried for events alone, which have no room for more than this. */
function boundEventData(changes: readonly Change[]): readonly Change[] {
  let bytes = 0;
  return changes.map((change) => {
    if ("data" in change) bytes += change.data.length;
    if (!("previousData" in change) || change.previousData === undefined) return change;
    bytes += change.previousData.length;
    return bytes <= eventDataBytesMax ? change : { ...change, previousData: undefined };
  });
}

/** What a change brings along: data, and the list of a new node. */
function bytesOf(change: Change): number {
  const data = "data" in change ? change.data.length : 0;
  return change.kind === "nodeCreated" ? data + change.node.acl.text.length : data;
}
