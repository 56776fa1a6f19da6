// A client whose connections are broken in every way, to a real server that is killed now and then, with real time.
// In the end its watches have told of every change once, in order; no node of a session was gone before the client
// knew that the session was lost; and what it keeps is there.
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import {
  type Client,
  CorralError,
  connect,
  type Session,
  type Watch,
  type WatchEvent,
} from "../../src/client/index.ts";
import { temporaryFolder } from "../story/programs.ts";
import { startServerProcess } from "../story/server-process.ts";
import { FaultProxy } from "../support/fault-proxy.ts";

/** DISTURBANCES=500 is the long form. */
const disturbances = Number(process.env["DISTURBANCES"] ?? 40);
const timeoutMs = 1_000;
const tickMs = 200;
/** Every so many times the connection is gone for longer than the session can live. */
const outageEvery = 10;
const serverKillEvery = 8;
const patienceMs = 30_000;
/** Writes that are made at once, far more than go as calls of their own. */
const bulkWrites = 100;
const bulkEveryMs = 200;

test(`${disturbances} disturbances lose and double nothing`, async () => {
  const dataDir = temporaryFolder();
  const flags = ["--tick-ms", `${tickMs}`, "--watch-bookmark-interval-ms", "200"];
  let server = await startServerProcess(dataDir, ...flags);
  onTestFinished(() => server.kill());
  const portOf = () => Number(server.address.split(":")[1]);
  // The one disturbs; the other only follows the server to its next port.
  const [disturbed, calm] = [await FaultProxy.start(portOf), await FaultProxy.start(portOf)];
  await using client = await connect({ endpoints: disturbed.address, sessionTimeoutMs: timeoutMs });
  await using truth = await connect({ endpoints: calm.address, sessionTimeoutMs: false });
  for (const path of ["/w", "/w/a", "/w/b", "/e", "/bulk"]) await truth.create(path);
  const writer = new Writer(truth);
  const bulk = new BulkWriter(client);
  const sessions = new SessionNodes(client, truth);
  const watches = [
    client.watch("/", { afterZxid: 0, withData: true }),
    client.watch("/w", { depth: 1, afterZxid: 0, withData: true }),
    client.watch("/w/a", { depth: 0, afterZxid: 0, withData: true }),
  ];
  const readers = watches.map((watch) => new Reader(watch));
  const kept = await client.keepEphemeral("/e/kept-", { sequential: true, data: "kept" });

  for (let round = 1; round <= disturbances; round++) {
    if (round % serverKillEvery === 0) {
      await server.kill();
      server = await startServerProcess(dataDir, ...flags);
    } else {
      await disturb(disturbed, round % outageEvery === 0 ? 1.5 * timeoutMs : Math.random() * 200);
    }
    await delay(Math.random() * 100);
  }
  await writer.stop();
  await bulk.stop();
  await until("the client has a session", () => client.state === "connected");
  await until("the kept node is there", () => kept.path !== undefined);
  const lastZxid = (await truth.create("/end")).zxid;
  for (const reader of readers) await until("a watch has caught up", () => reader.zxid >= lastZxid);

  const all = await eventsOf(truth);
  const expected = [
    all,
    all.filter(({ path }) => /^\/w(\/[^/]+)?$/.test(path)),
    all.filter(({ path }) => path === "/w/a"),
  ];
  for (const [i, reader] of readers.entries())
    expect(reader.events.filter(({ zxid }) => zxid <= lastZxid).map(lineOf)).toEqual(
      expected[i]!.map(lineOf),
    );
  expect(sessions.faults).toEqual([]);
  expect(await bulk.faults(truth)).toEqual([]);
  await until("the kept node belongs to the session of now", async () => {
    const { path } = kept;
    return path !== undefined && (await truth.exists(path))?.ephemeralOwner === client.session?.id;
  });
  await until("only nodes of the session of now are left", async () => {
    const owners = new Set<number>();
    for await (const { stat } of truth.list("/e", { withStats: true })) owners.add(stat!.ephemeralOwner);
    return owners.size === 1 && owners.has(client.session!.id);
  });
  console.log(
    `${disturbances} disturbances: ${all.length} events, ${writer.unknown} writes with an unknown outcome, ` +
      `${bulk.done.size} more in bulk and ${bulk.unknown.size} of those, ${sessions.count} sessions`,
  );
}, 600_000);

/** One of the things that happen to connections, for so long. */
async function disturb(proxy: FaultProxy, ms: number): Promise<void> {
  const faults = [
    () => proxy.cut(),
    () => proxy.abandon(),
    () => proxy.stall(),
    () => proxy.delay(20),
    () => {
      proxy.refuse();
      proxy.cut();
    },
    () => {
      proxy.stall();
      proxy.cut();
    },
  ];
  faults[Math.floor(Math.random() * faults.length)]!();
  await delay(ms);
  proxy.heal();
}

/** Sets the same few nodes all the time, also while the server is away. */
class Writer {
  /** Writes of which nobody knows whether they happened; the history does. */
  unknown = 0;
  readonly #client: Client;
  readonly #writing: Promise<void>;
  #stopped = false;

  constructor(client: Client) {
    this.#client = client;
    this.#writing = this.#write();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      try {
        await this.#client.set(i % 2 ? "/w/a" : "/w/b", `${i}`, { timeoutMs: 60_000 });
      } catch (error) {
        if (!(error instanceof CorralError) || !error.outcomeUnknown) throw error;
        this.unknown++;
      }
      await delay(2);
    }
  }
}

/** Creates many nodes at once, through the faults: on pipelines, which break. A doubled one has two numbers. */
class BulkWriter {
  readonly done = new Set<string>();
  /** Nobody knows whether these were done; none of them was done twice. */
  readonly unknown = new Set<string>();
  readonly #client: Client;
  readonly #writing: Promise<void>;
  #stopped = false;

  constructor(client: Client) {
    this.#client = client;
    this.#writing = this.#write();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#writing;
  }

  /** What the server has that it should not have, or the other way round. */
  async faults(truth: Client): Promise<string[]> {
    const there: string[] = [];
    for await (const { path, text } of truth.scan("/bulk", { withData: true }))
      if (path !== "/bulk") there.push(text!);
    const missing = this.done.difference(new Set(there));
    const strangers = there.filter((id) => !this.done.has(id) && !this.unknown.has(id));
    const doubled = there.filter((id, i) => there.indexOf(id) !== i);
    return [
      ...[...missing].map((id) => `${id} is missing`),
      ...strangers.map((id) => `${id} failed and is there`),
      ...doubled.map((id) => `${id} is there twice`),
    ];
  }

  async #write(): Promise<void> {
    for (let i = 0; !this.#stopped; i += bulkWrites) {
      await Promise.all(Array.from({ length: bulkWrites }, (_, j) => this.#create(`${i + j}`)));
      await delay(bulkEveryMs);
    }
  }

  async #create(id: string): Promise<void> {
    try {
      await this.#client.create("/bulk/n-", id, { mode: "persistentSequential", timeoutMs: 60_000 });
      this.done.add(id);
    } catch (error) {
      if (!(error instanceof CorralError)) throw error;
      if (error.outcomeUnknown) this.unknown.add(id);
    }
  }
}

/** Puts a node under /e into each session of a client, and sees when it goes. */
class SessionNodes {
  count = 0;
  readonly faults: string[] = [];
  readonly #client: Client;
  readonly #sessions = new Map<string, Session>();

  constructor(client: Client, truth: Client) {
    this.#client = client;
    void this.#watch(truth);
    client.onState((state, session) => {
      if (state === "connected" && session !== undefined) void this.#mark(session);
    });
    void this.#mark(client.session!);
  }

  async #mark(session: Session): Promise<void> {
    const path = `/e/${session.id}`;
    if (this.#sessions.has(path)) return;
    this.#sessions.set(path, session);
    this.count++;
    // Where that fails, the session has no node to lose.
    await this.#client.create(path, "", { mode: "ephemeral", session }).catch(() => {});
  }

  /** Whoever sees on another connection that the node is gone asks the client, whose own clock has to know. */
  async #watch(truth: Client): Promise<void> {
    for await (const { kind, path, stat } of truth.watch("/e")) {
      const session = this.#sessions.get(path);
      if (kind !== "nodeDeleted" || session === undefined) continue;
      if (session.state === "lost" || session.state === "closed") continue;
      this.faults.push(`${path} of the session ${stat.ephemeralOwner} went while that was ${session.state}`);
    }
  }
}

class Reader {
  readonly events: WatchEvent[] = [];
  readonly #watch: Watch;

  constructor(watch: Watch) {
    this.#watch = watch;
    void this.#read();
  }

  get zxid(): number {
    return this.#watch.zxid ?? 0;
  }

  async #read(): Promise<void> {
    for await (const event of this.#watch) this.events.push(event);
  }
}

/** Everything that happened up to the end, in one go. */
async function eventsOf(client: Client): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for await (const event of client.watch("/", { afterZxid: 0, withData: true })) {
    events.push(event);
    if (event.path === "/end") break;
  }
  return events;
}

function lineOf({ zxid, kind, path, text, stat }: WatchEvent): string {
  return `${zxid} ${kind} ${path} ${stat.version} ${text}`;
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const patience = AbortSignal.timeout(patienceMs);
  while (!(await condition())) {
    if (patience.aborted) throw new Error(`after ${patienceMs} ms it is not so that ${what}`);
    await delay(5);
  }
}
