import type { Clock } from "../clock.ts";
import type { Transaction } from "../core/change.ts";
import { quotaKinds, quotasOn } from "../core/quota.ts";
import type { Tree } from "../core/tree.ts";
import { quotaWarningIntervalMs, quotaWarningsMax } from "../limits.ts";
import type { CommitObserver } from "./group-commit.ts";

/** A quota whose limit is exceeded: a soft one, or a hard one that was lowered below what is used, or is not enforced. */
export interface QuotaWarning {
  readonly path: string;
  readonly kind: "count" | "bytes";
  readonly limit: number;
  readonly actual: number;
  readonly severity: "soft" | "hard";
}

const severities = ["soft", "hard"] as const;

/** Warns operators of exceeded quotas when something is written there: once an interval for each limit. */
export class QuotaWarner implements CommitObserver {
  readonly #tree: Tree;
  readonly #clock: Clock;
  readonly #warn: (warning: QuotaWarning) => void;
  /** When each limit may be spoken of again, the next first. */
  readonly #silentUntilMs = new Map<string, number>();

  constructor(options: {
    readonly tree: Tree;
    readonly clock: Clock;
    readonly warn: (warning: QuotaWarning) => void;
  }) {
    this.#tree = options.tree;
    this.#clock = options.clock;
    this.#warn = options.warn;
  }

  applied({ changes }: Transaction): void {
    if (!this.#tree.hasQuotas) return;
    const touched = new Set<string>();
    for (const change of changes) {
      if (!("path" in change) || change.kind === "nodeDeleted") continue;
      for (const path of quotasOn(change.path, this.#tree)) touched.add(path);
    }
    for (const path of touched) this.#look(path);
  }

  #look(path: string): void {
    const limits = this.#tree.quotaLimits(path)!;
    const usage = this.#tree.usage(path);
    for (const severity of severities) {
      for (const kind of quotaKinds) {
        const limit = limits[severity][kind];
        const actual = usage[kind];
        if (actual > limit && this.#mayWarn(`${severity} ${kind} ${path}`)) {
          this.#warn({ path, kind, limit, actual, severity });
        }
      }
    }
  }

  #mayWarn(of: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    for (const [other, untilMs] of this.#silentUntilMs) {
      if (untilMs > nowMs) break;
      this.#silentUntilMs.delete(other);
    }
    if (this.#silentUntilMs.has(of) || this.#silentUntilMs.size >= quotaWarningsMax) return false;
    this.#silentUntilMs.set(of, nowMs + quotaWarningIntervalMs);
    return true;
  }
}
