// `npm run budget`: counts what operations cost, and compares it with bench/budget.json. `--write` renews that.
import { readFileSync, writeFileSync } from "node:fs";
import { type Budget, compare, complaint, lineOf } from "./budget/compare.ts";
import { measure } from "./budget/figures.ts";

const file = new URL("budget.json", import.meta.url);
const budget = JSON.parse(readFileSync(file, "utf8")) as Budget;
const counted = await measure();
const verdicts = compare(budget, counted);
for (const verdict of verdicts) console.log(lineOf(verdict));
if (process.argv.includes("--write")) {
  const figures = Object.fromEntries(
    Object.entries(counted).map(([what, figure]) => [what, Math.round(figure * 100) / 100]),
  );
  writeFileSync(file, `${JSON.stringify({ ...budget, node: process.version, figures }, undefined, 2)}\n`);
  console.log("\nbench/budget.json is renewed");
} else {
  const fault = complaint(budget, verdicts, process.version);
  if (fault !== undefined) {
    console.error(`\n${fault}`);
    process.exitCode = 1;
  } else if (verdicts.some(({ verdict }) => verdict === "less")) {
    console.log("\nSome became less. `npm run budget -- --write` keeps it so.");
  }
}
