import type { Clock } from "../clock.ts";
import { permits } from "../core/acl.ts";
import type { Transaction } from "../core/change.ts";
import type { Identity } from "../core/identity.ts";
import { validatePath } from "../core/path.ts";
import { noNode } from "../core/prepare/refusals.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import { Snapshot, type SnapshotNode } from "../core/snapshot.ts";
import type { Tree } from "../core/tree.ts";
import {
  scanIdleMaxMs,
  scanKeptBytesMax,
  scanKeptNodesMax,
  scanPageBytesMax,
  scanPageNodesMax,
  scansMax,
} from "../limits.ts";
import type { CommitObserver } from "./group-commit.ts";

/** A subtree that is being read. */
export interface Scan {
  /** What all of it shows. */
  readonly zxid: number;
  /** The next nodes, perhaps none; undefined after the last. */
  next(): SnapshotNode[] | undefined;
  /** Whoever reads it has enough. */
  close(): void;
}

export interface ScanOptions {
  readonly withData: boolean;
  /** Who reads. Nodes that he may not read are left out, with all that is below them. */
  readonly identities: readonly Identity[] | undefined;
}

/** The subtrees that are being read while writes go on. */
export class Scans implements CommitObserver {
  readonly #tree: Tree;
  readonly #clock: Clock;
  readonly #running = new Set<RunningScan>();

  constructor({ tree, clock }: { readonly tree: Tree; readonly clock: Clock }) {
    this.#tree = tree;
    this.#clock = clock;
  }

  /**
   * Starts to read the subtree at a path. @throws Refused PATH_TOO_LONG, BAD_ARGUMENTS, NO_NODE, OVERLOADED
   * @param cut told when the scan is over because its reader is too slow.
   */
  open(path: string, { withData, identities }: ScanOptions, cut: (refusal: Refusal) => void): Scan {
    const badPath = validatePath(path);
    if (badPath !== undefined) throw new Refused(badPath);
    if (this.#tree.node(path) === undefined) throw new Refused(noNode(path));
    if (this.#running.size >= scansMax) throw new Refused(tooManyScans);
    const scan: RunningScan = {
      snapshot: new Snapshot(this.#tree, path, {
        withData,
        shows: ({ acl }) => permits(acl, identities, "read"),
      }),
      fail: (refusal) => {
        this.#close(scan);
        cut(refusal);
      },
      stopTimer: () => {},
    };
    this.#running.add(scan);
    this.#restartTimer(scan);
    return {
      zxid: this.#tree.zxid,
      next: () => {
        if (!this.#running.has(scan) || scan.snapshot.isDone) return undefined;
        this.#restartTimer(scan);
        return scan.snapshot.next({ nodesMax: scanPageNodesMax, bytesMax: scanPageBytesMax });
      },
      close: () => this.#close(scan),
    };
  }

  applying(transaction: Transaction): void {
    for (const scan of this.#running) {
      const { snapshot } = scan;
      snapshot.keep(transaction);
      if (snapshot.keptCount > scanKeptNodesMax) scan.fail(tooSlow("nodes", scanKeptNodesMax));
      else if (snapshot.keptBytes > scanKeptBytesMax) scan.fail(tooSlow("bytes", scanKeptBytesMax));
    }
  }

  #restartTimer(scan: RunningScan): void {
    scan.stopTimer();
    scan.stopTimer = this.#clock.setTimeout(
      () => scan.fail(tooSlow("milliseconds", scanIdleMaxMs)),
      scanIdleMaxMs,
    );
  }

  #close(scan: RunningScan): void {
    this.#running.delete(scan);
    scan.stopTimer();
  }
}

interface RunningScan {
  readonly snapshot: Snapshot;
  readonly fail: (refusal: Refusal) => void;
  stopTimer: () => void;
}

function tooSlow(what: string, limit: number): Refusal {
  const message =
    what === "milliseconds"
      ? `the client took no part of the scan for ${limit} ms`
      : `${limit} ${what} changed while the client read; read faster, or scan parts of the subtree`;
  return { reason: "SCAN_TOO_SLOW", message, facts: { what, limit } };
}

const tooManyScans: Refusal = {
  reason: "OVERLOADED",
  message: `${scansMax} scans and backups are under way already; retry after a short wait`,
  facts: { limit: scansMax },
};
