// Backups of real servers under load, and what becomes of them when somebody is killed midway.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import type { PipelineOperationSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { KeepAliveEvent } from "../../gen/ts/corral/v1/session_pb.js";
import { apply } from "../../src/core/apply.ts";
import { brokenInvariants } from "../../src/core/invariants.ts";
import type { Tree } from "../../src/core/tree.ts";
import { dataDirectory } from "../../src/data-directory.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { startCommand } from "../cli/run-command.ts";
import { allHistory, tempDir } from "../journal/state.ts";
import { type ServerProcess, startServerProcess } from "../story/server-process.ts";
import { treeOf, wholeOf } from "../support/backup.ts";
import { newTree } from "../support/core-state.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { loadTree } from "../support/load-tree.ts";
import { RpcClient, rpcStatusOfProto } from "../support/rpc-client.ts";

const rpc = Coordination.method;
type Operation = NonNullable<MessageInitShape<typeof PipelineOperationSchema>["operation"]>;

/** Writes that must be acknowledged between the first and the last chunk of a backup. */
const writesMin = Number(process.env["BACKUP_WRITES"] ?? 6_000);
const nodes = 4_000;
const folders = 10;
const perMessage = 50;
const inFlight = 1_000;
/** Long enough for a dozen starts of Node, and all those writes, on a busy machine. */
const patienceMs = 300_000;

async function start(dataDir: string): Promise<{ server: ServerProcess; client: RpcClient }> {
  const server = await startServerProcess(dataDir);
  const client = new RpcClient(server.address);
  onTestFinished(async () => {
    client.close();
    await server.kill();
  });
  return { server, client };
}

/** Does operations on one Pipeline, many in flight, until there are none. */
class Load {
  acknowledged = 0;
  refused = 0;
  readonly #waiting = new Set<() => void>();

  async run(client: RpcClient, operations: Iterator<Operation>, session?: string): Promise<void> {
    const stream = client.bidi(rpc.pipeline, session === undefined ? {} : { session });
    let sent = 0;
    for (let left = true, done = 0; left || done < sent; ) {
      while (left && sent - done < inFlight) {
        const some = Array.from(take(operations, perMessage), (operation) => ({ operation }));
        left = some.length === perMessage;
        sent += some.length;
        if (some.length > 0) stream.send({ operations: some });
      }
      const { results } = (await stream.next())!;
      done += results.length;
      const errors = results.filter(({ result }) => result.case === "error").length;
      this.refused += errors;
      this.acknowledged += results.length - errors;
      for (const wake of this.#waiting) wake();
    }
    stream.end();
    await stream.status;
  }

  /** Resolves when so many more writes have been acknowledged. */
  async more(count: number): Promise<void> {
    const enough = this.acknowledged + count;
    while (this.acknowledged < enough) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }
}

function* take<T>(values: Iterator<T>, count: number): Generator<T> {
  for (let i = 0; i < count; i++) {
    const { done, value } = values.next();
    if (done) return;
    yield value;
  }
}

const pathOf = (i: number) => `/f-${i % folders}/n-${i}`;
const acl = [{ identity: { scheme: "world", id: "anyone" }, permissions: [1, 2, 3, 4] }];
const persistent = CreateMode.PERSISTENT;

function* plants(): Generator<Operation> {
  for (let i = 0; i < folders; i++) yield { case: "create", value: { path: `/f-${i}` } };
  for (let i = 0; i < nodes; i++)
    yield { case: "create", value: { path: pathOf(i), data: Buffer.alloc(2_000, `${i}`) } };
}

/** Of everything something, all over the tree, as long as the backup runs. */
function* writes(isOver: () => boolean): Generator<Operation> {
  for (let i = 0; !isOver(); i++) {
    const at = (i * 7_919) % nodes;
    const path = pathOf(at);
    const kinds: readonly Operation[] = [
      { case: "set", value: { path, text: `set ${i}` } },
      { case: "delete", value: { path } },
      { case: "create", value: { path, text: `again ${i}` } },
      { case: "create", value: { path: `/f-${i % folders}/e-${i}`, mode: CreateMode.EPHEMERAL } },
      { case: "create", value: { path: `/new-${i}`, mode: persistent, acl } },
      { case: "setAcl", value: { path: pathOf(at + 1), acl } },
      { case: "create", value: { path: `/f-${i % folders}/s-`, mode: CreateMode.PERSISTENT_SEQUENTIAL } },
    ];
    yield kinds[i % kinds.length]!;
    if (i % 500 === 0) {
      const quota = `/zookeeper/quota/f-${(i / 500) % folders}`;
      yield { case: "create", value: { path: quota } };
      yield { case: "create", value: { path: `${quota}/zookeeper_limits`, text: `count=${i}` } };
    }
  }
}

/** What the journal of a stopped server says that the tree was at a zxid. */
async function replayed(dataDir: string, zxid: number): Promise<Tree> {
  const journal = await openSqliteJournal({ dataDir });
  const tree = newTree();
  for (const transaction of await allHistory(journal, 0, zxid)) {
    apply(transaction, tree);
    tree.zxid = transaction.zxid;
  }
  await journal.close();
  return tree;
}

test(
  `a backup during ${writesMin} writes shows the state at its zxid, and is restored as that`,
  async () => {
    const dataDir = tempDir();
    const { server, client } = await start(dataDir);
    const { sessionToken: session } = await client.unary(rpc.openSession, { timeoutMs: 40_000 });
    await new Load().run(client, plants());
    let isOver = false;
    const load = new Load();
    const running = load.run(
      client,
      writes(() => isOver),
      session,
    );
    await load.more(1_000);
    const metadata = new Metadata();
    metadata.set("corral-request-id", "r".repeat(20));
    await client.unary(rpc.create, { path: "/requested" }, { metadata });

    const stream = client.serverStream(Admin.method.backup, {});
    const chunks: Uint8Array[] = [];
    const before = load.acknowledged;
    for (let part = await stream.next(); part !== undefined; part = await stream.next()) {
      chunks.push(part.chunk);
      // A reader that is not the fastest: much happens before it comes to the end.
      await load.more(writesMin / 20);
    }
    const meanwhile = load.acknowledged - before;
    isOver = true;
    await running;
    expect(await stream.status).toMatchObject({ code: "OK" });
    expect(meanwhile).toBeGreaterThan(writesMin);
    expect(load.refused).toBeLessThan(load.acknowledged);
    await server.stop();

    const backup = await treeOf(chunks);
    expect(brokenInvariants(backup)).toEqual([]);
    expect(wholeOf(backup)).toEqual(wholeOf(await replayed(dataDir, backup.zxid)));
    expect([...backup.requests()]).toHaveLength(1);
    const restored = { dataDir: tempDir(), keepSessions: true, raiseZxid: 1, progress: () => {} };
    await dataDirectory.restore(Readable.from(chunks), restored);
    expect(wholeOf(await loadTree(restored.dataDir))).toEqual({ ...wholeOf(backup), zxid: backup.zxid + 1 });
    expect(backup.ephemeralsOf([...backup.sessions()][0]!.id).length).toBeGreaterThan(0);
  },
  patienceMs,
);

test(
  "a restored server goes on: sessions come back by token, watches from before are told, and so on again",
  async () => {
    const dir = tempDir();
    const first = await start(join(dir, "first"));
    const { sessionToken: session } = await first.client.unary(rpc.openSession, { timeoutMs: 40_000 });
    await first.client.unary(rpc.create, { path: "/a", text: "before" });
    await first.client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session });
    await corral(first.server, "backup", join(dir, "1.backup"));
    const { zxid: lost } = await first.client.unary(rpc.set, { path: "/a", text: "lost" });
    await first.server.kill();

    await corral(undefined, "restore", join(dir, "1.backup"), join(dir, "second"), "--keep-sessions");
    const second = await start(join(dir, "second"));
    const keepAlive = second.client.bidi(rpc.keepAlive);
    keepAlive.send({ sessionToken: session });
    expect(await keepAlive.next()).toMatchObject({ event: KeepAliveEvent.ATTACHED, sessionId: 1n });
    const owner = (await second.client.unary(rpc.get, { path: "/e" })).stat?.ephemeralOwner;
    expect(owner).toBeGreaterThan(0n);
    expect(await second.client.unary(rpc.get, { path: "/a", asText: true })).toMatchObject({
      text: "before",
    });
    const watch = second.client.bidi(rpc.watch);
    watch.send({ add: [{ watchId: 1n, path: "/a", afterZxid: lost }] });
    let canceled = (await watch.next())!.canceled[0];
    canceled ??= (await watch.next())!.canceled[0];
    const { reason, facts } = rpcStatusOfProto(canceled!.status!);
    expect(reason).toBe("COMPACTED");
    expect(Number(facts!["oldest_zxid"])).toBe(1_000_000_003);
    const { zxid } = await second.client.unary(rpc.create, { path: "/b" });
    expect(zxid).toBe(1_000_000_004n);
    keepAlive.cancel();

    await corral(second.server, "backup", join(dir, "2.backup"));
    await second.server.stop();
    await corral(undefined, "restore", join(dir, "2.backup"), join(dir, "third"), "--keep-sessions");
    await corral(undefined, "fsck", join(dir, "third"));
    const third = await start(join(dir, "third"));
    expect((await third.client.unary(rpc.create, { path: "/c" }, { session })).zxid).toBe(2_000_000_005n);
    await third.server.stop();
    await corral(undefined, "fsck", join(dir, "third"));
    expect((await loadTree(join(dir, "third"))).node("/e")).toBeDefined();
  },
  patienceMs,
);

/** Runs the command to its good end. */
async function corral(server: ServerProcess | undefined, ...args: string[]): Promise<string> {
  const env = server === undefined ? {} : { CORRAL_ENDPOINT: server.address };
  const { code, stdout, stderr } = await startCommand(args, env).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

test(
  "who is killed midway leaves no file that looks whole: neither the command nor the server",
  async () => {
    const { server, client } = await start(tempDir());
    for (let i = 0; i < 30; i++)
      await client.unary(rpc.create, { path: `/n-${i}`, data: Buffer.alloc(1_000_000) });
    const proxy = await FaultProxy.start(Number(server.address.split(":")[1]));
    onTestFinished(() => proxy.stop());
    const dir = tempDir();
    /** A backup that has begun, and hangs in the middle. */
    const hanging = async () => {
      proxy.stallAfter(10_000_000);
      const verb = startCommand(["backup", join(dir, "file")], { CORRAL_ENDPOINT: proxy.address });
      await expect
        .poll(() => readdirSync(dir).map((name) => statSync(join(dir, name)).size > 0))
        .toContain(true);
      return verb;
    };
    const killed = await hanging();
    killed.child.kill("SIGKILL");
    await killed.finished;
    const [left = "", ...others] = readdirSync(dir);
    expect([left, others]).toEqual([expect.stringMatching(/^file\.\d+\.part$/), []]);
    const inspected = await startCommand(["backup", "inspect", join(dir, left)]).finished;
    expect(inspected).toMatchObject({ code: 2, stderr: expect.stringContaining("it is cut short") });

    proxy.heal();
    await corral(server, "backup", join(dir, "file"));
    expect(readdirSync(dir).sort()).toEqual(["file", left]);

    const orphaned = await startSecond(dir, proxy);
    await server.kill();
    proxy.heal();
    expect(await orphaned.finished).toMatchObject({ code: 5, stdout: "" });
    expect(readdirSync(dir).sort()).toEqual(["file", left]);
  },
  patienceMs,
);

async function startSecond(dir: string, proxy: FaultProxy) {
  const there = readdirSync(dir).length;
  proxy.stallAfter(10_000_000);
  const verb = startCommand(["backup", join(dir, "second")], { CORRAL_ENDPOINT: proxy.address });
  await expect.poll(() => readdirSync(dir).length).toBe(there + 1);
  return verb;
}
