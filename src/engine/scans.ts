import type { Clock } from "../clock.ts";
import { Decider } from "../core/acl.ts";
import type { Transaction } from "../core/change.ts";
import type { Identity } from "../core/identity.ts";
import { validatePath } from "../core/path.ts";
import { noNode } from "../core/prepare/refusals.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import { Snapshot, type SnapshotNode } from "../core/snapshot.ts";
import type { Tree } from "../core/tree.ts";
import {
  backupsMax,
  pageAclEntriesMax,
  scanIdleMaxMs,
  scanKeptBytesMax,
  scanKeptNodesMax,
  scanPageBytesMax,
  scanPageNodesMax,
  scansKeptBytesMax,
  scansMax,
  scansPerHolderMax,
} from "../limits.ts";
import type { CommitObserver } from "./group-commit.ts";
import { type MemoryHolder, memoryUsedUp } from "./memory-budget.ts";
import { type Principal, Shares } from "./shares.ts";

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
  /** From where; undefined for the server itself. */
  readonly address?: string | undefined;
  /** What it is for. Backups are few, and not counted among the scans. */
  readonly purpose?: "scan" | "backup";
}

/** The subtrees that are being read while writes go on. */
export class Scans implements CommitObserver {
  readonly #tree: Tree;
  readonly #clock: Clock;
  readonly #running = { scan: new Set<RunningScan>(), backup: new Set<RunningScan>() };
  readonly #shares = new Shares({ perAddress: scansPerHolderMax, perIdentity: scansPerHolderMax });

  constructor({ tree, clock }: { readonly tree: Tree; readonly clock: Clock }) {
    this.#tree = tree;
    this.#clock = clock;
  }

  /**
   * Starts to read the subtree at a path. @throws Refused PATH_TOO_LONG, BAD_ARGUMENTS, NO_NODE, OVERLOADED
   * @param cut told when the scan is over because its reader is too slow.
   */
  open(
    path: string,
    { withData, identities, address, purpose = "scan" }: ScanOptions,
    cut: (refusal: Refusal) => void,
  ): Scan {
    const badPath = validatePath(path);
    if (badPath !== undefined) throw new Refused(badPath);
    if (this.#tree.node(path) === undefined) throw new Refused(noNode(path));
    const holders = purpose === "backup" ? [] : this.#shares.principalsOf({ address, identities });
    this.#mustHaveRoom(purpose, holders);
    const decider = new Decider(identities, "read");
    const snapshot = new Snapshot(this.#tree, path, {
      withData,
      shows: ({ acl }) => decider.permits(acl),
      aclEntriesLookedAt: () => decider.lookedAt,
    });
    const scan: RunningScan = {
      snapshot,
      peer: address ?? "the server itself",
      get heldBytes() {
        return snapshot.keptBytes;
      },
      // It is kept for as long as the client has not read that far.
      get waitingBytes() {
        return snapshot.keptBytes;
      },
      movedBytes: 0,
      shed: (bytesMax) =>
        scan.fail(memoryUsedUp("SCAN_TOO_SLOW", "read faster, or scan parts of the subtree", bytesMax)),
      purpose,
      holders,
      fail: (refusal) => {
        this.#close(scan);
        cut(refusal);
      },
      stopTimer: () => {},
    };
    this.#running[purpose].add(scan);
    this.#shares.add(holders, 1);
    this.#restartTimer(scan);
    return {
      zxid: this.#tree.zxid,
      next: () => {
        if (!this.#isRunning(scan) || scan.snapshot.isDone) return undefined;
        this.#restartTimer(scan);
        return scan.snapshot.next({
          nodesMax: scanPageNodesMax,
          bytesMax: scanPageBytesMax,
          aclEntriesMax: pageAclEntriesMax,
        });
      },
      close: () => this.#close(scan),
    };
  }

  /** All that are under way: what each keeps, and a way to end it, for the budget of memory. */
  get holders(): Iterable<MemoryHolder> {
    const { scan, backup } = this.#running;
    return {
      *[Symbol.iterator]() {
        yield* scan;
        yield* backup;
      },
    };
  }

  applying(transaction: Transaction): void {
    for (const backup of this.#running.backup) keep(backup, transaction);
    let bytes = 0;
    for (const scan of this.#running.scan) {
      keep(scan, transaction);
      if (this.#isRunning(scan)) bytes += scan.snapshot.keptBytes;
    }
    while (bytes > scansKeptBytesMax) {
      const largest = [...this.#running.scan].reduce((a, b) =>
        a.snapshot.keptBytes >= b.snapshot.keptBytes ? a : b,
      );
      bytes -= largest.snapshot.keptBytes;
      largest.fail(tooSlow("bytes", scansKeptBytesMax));
    }
  }

  #mustHaveRoom(purpose: RunningScan["purpose"], holders: readonly Principal[]): void {
    const limit = purpose === "scan" ? scansMax : backupsMax;
    if (this.#running[purpose].size >= limit) throw new Refused(tooMany(`${purpose}s`, limit));
    const full = this.#shares.full(holders);
    if (full === undefined) return;
    const refusal = tooMany(`scans of ${full.name}`, full.limit);
    throw new Refused({ ...refusal, facts: { ...refusal.facts, [full.kind]: full.name } });
  }

  #isRunning(scan: RunningScan): boolean {
    return this.#running[scan.purpose].has(scan);
  }

  #restartTimer(scan: RunningScan): void {
    scan.stopTimer();
    scan.stopTimer = this.#clock.setTimeout(
      () => scan.fail(tooSlow("milliseconds", scanIdleMaxMs)),
      scanIdleMaxMs,
    );
  }

  #close(scan: RunningScan): void {
    if (!this.#running[scan.purpose].delete(scan)) return;
    this.#shares.add(scan.holders, -1);
    scan.stopTimer();
  }
}

interface RunningScan extends MemoryHolder {
  readonly snapshot: Snapshot;
  readonly purpose: "scan" | "backup";
  /** For whom it counts. */
  readonly holders: readonly Principal[];
  readonly fail: (refusal: Refusal) => void;
  stopTimer: () => void;
}

function keep({ snapshot, fail }: RunningScan, transaction: Transaction): void {
  snapshot.keep(transaction);
  if (snapshot.keptCount > scanKeptNodesMax) fail(tooSlow("nodes", scanKeptNodesMax));
  else if (snapshot.keptBytes > scanKeptBytesMax) fail(tooSlow("bytes", scanKeptBytesMax));
}

function tooSlow(what: string, limit: number): Refusal {
  const message =
    what === "milliseconds"
      ? `the client took no part of the scan for ${limit} ms`
      : `${limit} ${what} changed while the client read; read faster, or scan parts of the subtree`;
  return { reason: "SCAN_TOO_SLOW", message, facts: { what, limit } };
}

function tooMany(what: string, limit: number): Refusal {
  const message = `${limit} ${what} are under way already; retry after a short wait`;
  return { reason: "OVERLOADED", message, facts: { limit } };
}
