import type { Condition, Operation, Transaction } from "../client/index.ts";
import { didYouMean } from "../config/nearest.ts";
import { shown, UsageError } from "../config/usage-error.ts";
import { createFlags, modeIn } from "./create-flags.ts";
import { type FlagSpecs, numberIn, parseLine } from "./flags.ts";
import { wordsIn } from "./words.ts";

const versionFlag = {
  version: { kind: "number", min: -1, short: "v", help: "Only if the node has this version." },
} as const satisfies FlagSpecs;

type Statement = (args: readonly string[], absolute: (path: string) => string) => Operation;

const statements: Readonly<Record<string, Statement>> = {
  create(args, absolute) {
    const { flags, words } = parseLine(args, createFlags);
    const [path, data] = expect(words, "create PATH [DATA]", 1, 2);
    const { ttl: ttlMs, parents } = flags;
    return { kind: "create", path: absolute(path), data, mode: modeIn(flags), ttlMs, parents };
  },
  set(args, absolute) {
    const { flags, words } = parseLine(args, versionFlag);
    const [path, data = ""] = expect(words, "set PATH DATA", 2, 2);
    return { kind: "set", path: absolute(path), data, version: flags.version };
  },
  delete(args, absolute) {
    const { flags, words } = parseLine(args, versionFlag);
    const [path] = expect(words, "delete PATH", 1, 1);
    return { kind: "delete", path: absolute(path), version: flags.version };
  },
  deleteall(args, absolute) {
    const [path] = expect(args, "deleteall PATH", 1, 1);
    return { kind: "delete", path: absolute(path), recursive: true };
  },
  check: (args, absolute) => ({ kind: "check", condition: conditionOf(args, absolute) }),
  get(args, absolute) {
    const [path] = expect(args, "get PATH", 1, 1);
    return { kind: "get", path: absolute(path) };
  },
  stat(args, absolute) {
    const [path] = expect(args, "stat PATH", 1, 1);
    return { kind: "exists", path: absolute(path) };
  },
};

const conditions: Readonly<Record<string, (path: string, value: string) => Condition>> = {
  exists: (path) => ({ path, exists: true }),
  missing: (path) => ({ path, exists: false }),
  version: (path, value) => ({ path, version: numberIn(value, "version", { min: -1 }) }),
  aversion: (path, value) => ({ path, aversion: numberIn(value, "aversion", { min: -1 }) }),
  czxid: (path, value) => ({ path, czxid: numberIn(value, "czxid", { max: Number.MAX_SAFE_INTEGER }) }),
  children: (path, value) => ({ path, numChildren: numberIn(value, "children") }),
  data: (path, data) => ({ path, data }),
};

/**
 * Reads a transaction: a line for each condition (`if version /a 3`) and for each operation (`set /a 30`), and those
 * after a line `else` are done if a condition does not hold. The conditions come first: they hold for all. docs/cli.md has the words. @throws UsageError
 */
export function parseTransaction(
  text: string,
  file: string,
  absolute: (path: string) => string = (path) => path,
): Transaction {
  const found: Condition[] = [];
  const operations: Operation[] = [];
  const elseOperations: Operation[] = [];
  let into = operations;
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    try {
      const [word, ...args] = wordsIn(line);
      if (word === undefined) continue;
      if (word === "if") {
        if (into === elseOperations || operations.length > 0)
          throw new UsageError("write every `if` before the first operation: it decides about all of them");
        found.push(conditionOf(args, absolute));
      } else if (word === "else") {
        if (found.length === 0 || args.length > 0)
          throw new UsageError("write `else` alone on its line, after an `if`");
        if (into === elseOperations) throw new UsageError("there is an `else` already");
        into = elseOperations;
      } else into.push(statementOf(word)(args, absolute));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${file} line ${at + 1}: ${error.message}`);
    }
  }
  return { conditions: found, operations, elseOperations };
}

function statementOf(word: string): Statement {
  const statement = Object.hasOwn(statements, word) ? statements[word] : undefined;
  if (statement !== undefined) return statement;
  throw new UsageError(
    `unknown word ${shown(word)}${didYouMean(word, [...Object.keys(statements), "if", "else"])}`,
  );
}

function conditionOf(
  [test = "", path, value, ...more]: readonly string[],
  absolute: (path: string) => string,
): Condition {
  const make = Object.hasOwn(conditions, test) ? conditions[test] : undefined;
  if (make === undefined)
    throw new UsageError(`unknown condition ${shown(test)}${didYouMean(test, Object.keys(conditions))}`);
  const takesValue = test !== "exists" && test !== "missing";
  if (path === undefined || (value !== undefined) !== takesValue || more.length > 0)
    throw new UsageError(`write ${test} PATH${takesValue ? " VALUE" : ""}; quote what has spaces`);
  return make(absolute(path), value ?? "");
}

function expect(words: readonly string[], form: string, min: number, max: number): [string, ...string[]] {
  if (words.length >= min && words.length <= max) return words as [string, ...string[]];
  throw new UsageError(`write ${form}; quote what has spaces`);
}
