import type { OperationResult } from "../../client/index.ts";
import { clientVerb } from "../client-verb.ts";
import { dataInLine, dataValue, readAll } from "../data.ts";
import { textOf } from "../lines.ts";
import type { Output } from "../output.ts";
import { parseTransaction } from "../transaction-text.ts";

/** Does several operations in one change. */
export const transact = clientVerb({
  name: "transact",
  args: [{ name: "FILE" }],
  flags: {},
  about: [
    "Does what a file says, - for standard input, in one change: all of it or nothing. A line for each thing:",
    "  if exists|missing PATH, if version|aversion|czxid|children PATH N, if data PATH TEXT",
    "  create [-s] [-c] [-t TIME] [-p] PATH [DATA], set [-v N] PATH DATA, delete [-v N] PATH, deleteall PATH,",
    "  check CONDITION, get PATH, stat PATH; and what follows a line `else` is done if an `if` does not hold.",
  ].join("\n"),
  example: "echo 'set /sl 31' | corral transact -",
  grpcurl: `-plaintext -d '{"operations":[{"set":{"path":"/sl","text":"31"}}]}' localhost:7181 corral.v1.Coordination/Transact`,
  async run({ words: [file = ""], client, out, io, timeoutMs, signal, absolute }) {
    const transaction = parseTransaction(textOf(await readAll(file, io), file), file, absolute);
    const { zxid, branch, results } = await client.transact(transaction, { timeoutMs, signal });
    out.one({ zxid, branch, results: results.map(valueOfResult) }, () => {
      const lines = results.map((result) => `${result.kind} ${out.part(result.path)}${factsOf(result, out)}`);
      return [`zxid ${zxid}${branch === "else" ? " (else)" : ""}`, ...lines].join("\n");
    });
    return 0;
  },
});

function valueOfResult(result: OperationResult): object {
  if (result.kind !== "get") return result;
  const { kind, path, value } = result;
  return { kind, path, ...dataValue(value.data), stat: value.stat };
}

function factsOf(result: OperationResult, out: Output): string {
  if (result.kind === "set") return ` version ${result.stat.version}`;
  if (result.kind === "get") return ` ${dataInLine(result.value.data, out)}`;
  if (result.kind === "exists") return result.stat === undefined ? " no" : ` version ${result.stat.version}`;
  return "";
}
