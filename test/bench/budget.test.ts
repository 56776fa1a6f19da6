// What operations cost, counted and not timed, is what bench/budget.json allows: docs/performance.md tells more.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Budget, compare, complaint } from "../../bench/budget/compare.ts";
import { measure } from "../../bench/budget/figures.ts";

const file = new URL("../../bench/budget.json", import.meta.url);

test("nothing costs more than its budget", async () => {
  const budget = JSON.parse(readFileSync(file, "utf8")) as Budget;
  const fault = complaint(budget, compare(budget, await measure()), process.version);
  if (fault !== undefined) throw new Error(fault);
});

describe("a budget", () => {
  const budget: Budget = { node: "v24.0.0", tolerancePercent: 2, figures: { "bytes of a Get": 100 } };

  function said(figures: Record<string, number>, node = budget.node): string | undefined {
    return complaint(budget, compare(budget, figures), node);
  }

  test.each([100, 101.9, 50])("of 100 is kept by %d", (bytes) => {
    expect(said({ "bytes of a Get": bytes })).toBeUndefined();
  });

  test("that is broken says what grew, by how much, and how to accept it", () => {
    const text = said({ "bytes of a Get": 103.456 });
    expect(text).toContain("  bytes of a Get: 103.46, the budget is 100, +3.5 %\n");
    expect(text).toContain("npm run budget -- --write");
    expect(text).not.toContain("Node");
  });

  test("has a line for everything that is counted, and for nothing else", () => {
    expect(said({ "bytes of a Get": 100, "bytes of a Set": 1 })).toContain(
      "bytes of a Set: 1, and has no budget",
    );
    expect(said({})).toContain("bytes of a Get: is not counted any more");
  });

  test("that was counted with another Node says so", () => {
    expect(said({ "bytes of a Get": 200 }, "v26.0.0")).toContain(
      "counted with Node v24.0.0; this is v26.0.0",
    );
  });

  test("knows what became less", () => {
    expect(compare(budget, { "bytes of a Get": 90 })).toMatchObject([{ verdict: "less", is: 90, was: 100 }]);
  });
});
