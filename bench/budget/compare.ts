import type { Figures } from "./engine.ts";

/** What `bench/budget.json` holds. */
export interface Budget {
  /** The Node that it was counted with: another one may allocate otherwise. */
  readonly node: string;
  /** How much more is still the same, in percent. */
  readonly tolerancePercent: number;
  readonly figures: Figures;
}

/** How a figure compares with its budget. */
export interface Verdict {
  readonly what: string;
  readonly is: number | undefined;
  readonly was: number | undefined;
  /** "less" is no fault; but until the budget is renewed, it may grow back unnoticed. */
  readonly verdict: "same" | "less" | "more" | "new" | "gone";
}

/** Every figure of both, in the order in which they are counted. */
export function compare({ figures, tolerancePercent }: Budget, counted: Figures): Verdict[] {
  const names = new Set([...Object.keys(counted), ...Object.keys(figures)]);
  return [...names].map((what) => {
    const [is, was] = [counted[what], figures[what]];
    return { what, is, was, verdict: verdictOf(is, was, tolerancePercent / 100) };
  });
}

function verdictOf(is: number | undefined, was: number | undefined, tolerance: number): Verdict["verdict"] {
  if (was === undefined) return "new";
  if (is === undefined) return "gone";
  if (is > was * (1 + tolerance)) return "more";
  return is < was * (1 - tolerance) ? "less" : "same";
}

/** What has to be done about it; undefined when nothing has. */
export function complaint(budget: Budget, verdicts: readonly Verdict[], node: string): string | undefined {
  const faults = verdicts.filter(({ verdict }) => !["same", "less"].includes(verdict));
  if (faults.length === 0) return undefined;
  const reasons = faults.map((fault) => `  ${lineOf(fault)}`);
  const otherNode = `It was counted with Node ${budget.node}; this is ${node}, which alone may be the reason.`;
  return [
    `Over the budget of bench/budget.json, by more than ${budget.tolerancePercent} %:`,
    ...reasons,
    ...(node === budget.node ? [] : [otherNode]),
    "If that is worth it, accept it by `npm run budget -- --write`, and say why in the commit.",
  ].join("\n");
}

/** One line about a figure. */
export function lineOf({ what, is, was, verdict }: Verdict): string {
  if (is === undefined) return `${what}: is not counted any more`;
  if (was === undefined) return `${what}: ${shown(is)}, and has no budget`;
  const percent = (is / was - 1) * 100;
  const change = verdict === "same" ? "" : `, ${percent > 0 ? "+" : ""}${percent.toFixed(1)} %`;
  return `${what}: ${shown(is)}, the budget is ${shown(was)}${change}`;
}

function shown(figure: number): string {
  return String(Math.round(figure * 100) / 100);
}
