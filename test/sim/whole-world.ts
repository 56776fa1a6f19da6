import fc from "fast-check";
import { expect } from "vitest";
import { apply } from "../../src/core/apply.ts";
import { brokenInvariants } from "../../src/core/invariants.ts";
import type { Caller, NodeOperation, Operation, Outcome } from "../../src/core/operation.ts";
import type { Tree } from "../../src/core/tree.ts";
import { Engine } from "../../src/engine/engine.ts";
import { checkDataDirectory } from "../../src/journal/sqlite/check.ts";
import { openSqliteJournal, type SqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { allHistory } from "../journal/state.ts";
import { newTree } from "../support/core-state.ts";
import { engineSettings, settle } from "../support/engine.ts";
import { CountingRandom, ManualClock } from "../support/manual-clock.ts";
import { superUser } from "../support/naive-acl.ts";
import { identities, operation } from "../support/random-operations.ts";

type Step =
  | {
      readonly operation: Operation;
      readonly who: Who;
      readonly session: number;
      readonly request: string | undefined;
    }
  | { readonly open: true }
  | { readonly oust: number }
  | { readonly waitMs: number }
  | { readonly setWallMs: number }
  | { readonly answered: true }
  | { readonly restart: true };

type Who = NonNullable<Caller["identities"]>;

/** Bytes that data get besides: over the size of a page, or so many that a small disk is full soon. */
const padding = fc.constantFrom(0, 0, 0, 513, 5_000, 40_000);

/** Somebody who may do everything, so that much is done; and now and then somebody who may not. */
const who: fc.Arbitrary<Who> = fc.oneof(
  { weight: 4, arbitrary: fc.constant([{ scheme: "ip", id: "10.0.0.1" }, superUser]) },
  { weight: 1, arbitrary: identities },
);

export const wholeStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 300,
    arbitrary: fc.record({
      operation: fc.tuple(operation, padding).map(([asked, bytes]) => padded(asked, bytes)),
      who,
      session: fc.integer({ min: -1, max: 3 }),
      request: fc.constantFrom(undefined, undefined, undefined, "r1", "r2", "r3"),
    }),
  },
  { weight: 10, arbitrary: fc.constant({ open: true as const }) },
  { weight: 5, arbitrary: fc.record({ oust: fc.nat({ max: 3 }) }) },
  { weight: 20, arbitrary: fc.record({ waitMs: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ setWallMs: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }) }) },
  { weight: 20, arbitrary: fc.constant({ answered: true as const }) },
  { weight: 1, arbitrary: fc.constant({ restart: true as const }) },
);

/** How often what is worth it happened. */
export interface WholeSeen {
  acknowledged: number;
  refused: number;
  full: number;
  restarts: number;
  ousted: number;
}

/** An engine over a SQLite journal. */
export class WholeWorld {
  readonly #dataDir: string;
  /** How many pages the file may have; from the first restart on, there is room for as many as it likes. */
  #pageCountMax: number | undefined;
  readonly #seen: WholeSeen;
  readonly #clock = new ManualClock();
  readonly #random = new CountingRandom();
  readonly #failures: unknown[] = [];
  #engine!: Engine;
  #journal!: SqliteJournal;
  #sessions: number[] = [];
  #unanswered: Promise<unknown>[] = [];

  static async start(dataDir: string, pageCountMax: number, seen: WholeSeen): Promise<WholeWorld> {
    const world = new WholeWorld(dataDir, pageCountMax, seen);
    await world.#start();
    return world;
  }

  private constructor(dataDir: string, pageCountMax: number, seen: WholeSeen) {
    this.#dataDir = dataDir;
    this.#pageCountMax = pageCountMax;
    this.#seen = seen;
  }

  async take(step: Step): Promise<void> {
    if ("operation" in step) this.#submit(step);
    else if ("open" in step) this.#open();
    else if ("oust" in step) this.#oust(this.#sessions[step.oust] ?? 0);
    else if ("setWallMs" in step) this.#clock.setWall(this.#clock.wallMs() + step.setWallMs);
    else await this.#allAnswered();
    if ("waitMs" in step) {
      this.#clock.advance(step.waitMs);
      await settle();
    }
    if ("restart" in step) await this.#restart();
    expect(this.#failures).toEqual([]);
  }

  /** What the history replays to is the tree, and so is what a restart loads. */
  async finish(): Promise<void> {
    await this.#allAnswered();
    await this.#untilQuiet();
    const { tree } = this.#engine;
    const replayed = newTree();
    for (const transaction of await allHistory(this.#journal, 0, tree.zxid)) {
      apply(transaction, replayed);
      replayed.zxid = transaction.zxid;
    }
    // Requests are forgotten by their age too, of which a replay knows nothing.
    expect({ ...contentOf(replayed), requests: [] }).toEqual({ ...contentOf(tree), requests: [] });
    await this.#restart();
    await this.#engine.stop();
    expect(this.#clock.pendingTimers).toBe(0);
  }

  async #start(): Promise<void> {
    this.#journal = await openSqliteJournal({
      dataDir: this.#dataDir,
      ...(this.#pageCountMax !== undefined && { pageCountMax: this.#pageCountMax }),
    });
    this.#engine = await Engine.start({
      journal: this.#journal,
      clock: this.#clock,
      random: this.#random,
      settings: engineSettings,
      onFailure: (error) => this.#failures.push(error),
    });
  }

  /** An orderly one. What is visible, and no more, is there again, and fsck finds it whole. */
  async #restart(): Promise<void> {
    this.#seen.restarts++;
    await this.#untilQuiet();
    await this.#engine.stop();
    const before = contentOf(this.#engine.tree);
    expect(brokenInvariants(this.#engine.tree)).toEqual([]);
    expect(checkDataDirectory(this.#dataDir).problems).toEqual([]);
    this.#pageCountMax = undefined;
    await this.#start();
    expect(contentOf(this.#engine.tree)).toEqual(before);
  }

  #submit({ operation: asked, who, session, request: key }: Extract<Step, { operation: unknown }>): void {
    const sessionId = this.#sessions[session];
    if (asked.op === "closeSession") {
      this.#answering(
        this.#engine.submit({ ...asked, sessionId: sessionId ?? 999_999 }, { identities: who }),
      );
      return;
    }
    const isMarkable = !["openSession", "reap", "read"].includes(asked.op);
    const caller: Caller = {
      identities: who,
      ...(sessionId !== undefined && { sessionId }),
      ...(key !== undefined && isMarkable && { request: { key: `/${key}`, fingerprint: asked.op } }),
    };
    this.#answering(this.#engine.submit(asked, caller));
  }

  #open(): void {
    const opened = this.#engine.openSession(0, "owner").then(
      ({ session }) => {
        this.#sessions.unshift(session.id);
      },
      () => {},
    );
    this.#unanswered.push(opened);
  }

  #oust(sessionId: number): void {
    const ousted = this.#engine.expireSession(sessionId, {}).then(
      () => {
        this.#seen.ousted++;
      },
      () => {},
    );
    this.#unanswered.push(ousted);
  }

  #answering(answer: Promise<Outcome>): void {
    this.#unanswered.push(
      answer.then((outcome) => {
        if (outcome.ok) this.#seen.acknowledged++;
        else if (outcome.refusal.reason === "DISK_FULL") this.#seen.full++;
        else this.#seen.refused++;
      }),
    );
  }

  async #allAnswered(): Promise<void> {
    await Promise.all(this.#unanswered.splice(0));
  }

  /** Sessions that ended and nodes whose time was over are gone. */
  async #untilQuiet(): Promise<void> {
    await this.#allAnswered();
    for (let turn = 0; turn < 5; turn++) {
      await settle();
      await this.#engine.submit({ op: "sync" }, {});
    }
  }
}

/** Everything that a tree holds, in an order of its own. */
function contentOf(tree: Tree) {
  const paths = [...tree.paths()].sort();
  return {
    zxid: tree.zxid,
    nodes: paths.map((path) => [path, tree.node(path), Buffer.from(tree.data(path)!).toString("latin1")]),
    sessions: [...tree.sessions()].sort((a, b) => a.id - b.id),
    requests: [...tree.requests()].map(({ key, holder, zxid, fingerprint, answer }) => ({
      key,
      holder,
      zxid,
      fingerprint,
      answer,
    })),
    ephemerals: [...tree.ephemeralOwners()]
      .sort()
      .map((owner) => [owner, [...tree.ephemeralsOf(owner)].sort()]),
    quotas: ["/", "/a", "/b", "/a/b"].map((path) => [path, tree.quotaLimits(path), tree.usage(path)]),
    acls: tree.aclCount,
  };
}

function padded<O extends Operation | NodeOperation>(asked: O, bytes: number): O {
  if (bytes === 0) return asked;
  if ((asked.op === "create" || asked.op === "set") && !asked.path.startsWith("/zookeeper/"))
    return { ...asked, data: Buffer.concat([asked.data, Buffer.alloc(bytes, "y")]) };
  if (asked.op !== "transact") return asked;
  return { ...asked, operations: asked.operations.map((one) => padded(one as NodeOperation, bytes)) };
}
