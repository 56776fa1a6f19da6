// What each metric counts, shown by something that moves it.
import { expect, onTestFinished, test, vi } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { memoryLookIntervalMs, outboxEventsMax } from "../../src/limits.ts";
import { parseExposition } from "../support/exposition.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { OpsPort } from "../support/ops.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

// Smaller: the real one takes a second to fill.
vi.mock("../../src/limits.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/limits.ts")>()),
  outboxEventsMax: 100,
}));

const rpc = Coordination.method;

async function start(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer(options);
  const ops = await OpsPort.open(server.vitals);
  const value = async (key: string) => (await ops.scrape()).get(key);
  /** These of them, as they are now. */
  const values = async (...keys: string[]) => {
    const all = await ops.scrape();
    return Object.fromEntries(keys.map((key) => [key, all.get(key)]));
  };
  return { ...server, ops, value, values };
}

test("all that is scraped is well-formed, also once everything has happened", async () => {
  const { ops, client } = await start();
  expect(parseExposition((await ops.get("/metrics")).text).size).toBeGreaterThan(40);
  await client.unary(rpc.create, { path: "/a" });
  await failureOf(client.unary(rpc.create, { path: "/a" }));
  const scraped = parseExposition((await ops.get("/metrics")).text);
  expect(scraped.get("corral_commits_total")).toMatchObject({ type: "counter" });
  expect(scraped.get("corral_nodes")).toMatchObject({ type: "gauge" });
  expect(scraped.get("corral_commit_changes")).toMatchObject({ type: "histogram" });
});

test("nodes, their data and the zxid", async () => {
  const { client, values } = await start();
  const keys = ["corral_nodes", "corral_ephemeral_nodes", "corral_data_bytes", "corral_zxid"];
  const before = await values(...keys);
  const { sessionToken: session } = await client.unary(rpc.openSession, {});
  await client.unary(rpc.create, { path: "/a", text: "20" });
  await client.unary(rpc.create, { path: "/a/e", text: "1", mode: CreateMode.EPHEMERAL }, { session });
  expect(await values(...keys)).toEqual({
    corral_nodes: before["corral_nodes"]! + 2,
    corral_ephemeral_nodes: 1,
    corral_data_bytes: before["corral_data_bytes"]! + 3,
    corral_zxid: 3,
  });
  await client.unary(rpc.closeSession, { sessionToken: session });
  expect(await values(...keys)).toMatchObject({ corral_ephemeral_nodes: 0, corral_zxid: 4 });
});

test("sessions come, are held, close and expire", async () => {
  const { client, clock, values } = await start();
  const attached = 'corral_sessions{state="attached"}';
  const detached = 'corral_sessions{state="detached"}';
  const ends = ["corral_sessions_closed_total", "corral_sessions_expired_total"];
  const lateness = ["corral_expiry_lateness_seconds_count", "corral_expiry_lateness_seconds_sum"];
  const held = client.bidi(rpc.keepAlive);
  held.send({ timeoutMs: 4_000 });
  await held.next();
  const { sessionToken } = await client.unary(rpc.openSession, { timeoutMs: 40_000 });
  const now = () => values(attached, detached, "corral_sessions_opened_total", ...ends, ...lateness);
  const open = { [attached]: 1, [detached]: 1, corral_sessions_opened_total: 2 };
  const none = { corral_sessions_closed_total: 0, corral_sessions_expired_total: 0 };
  expect(await now()).toMatchObject({ ...open, ...none });
  held.cancel();
  await expect.poll(now).toMatchObject({ [attached]: 0, [detached]: 2 });
  await client.unary(rpc.closeSession, { sessionToken });
  expect(await now()).toMatchObject({ [detached]: 1, ...none, corral_sessions_closed_total: 1 });
  clock.advance(4_500);
  await expect.poll(now).toMatchObject({ [detached]: 0, corral_sessions_expired_total: 1 });
  const after = await now();
  expect(after["corral_expiry_lateness_seconds_count"]).toBe(1);
  // A quarter of a tick is the most that expiry adds.
  expect(after["corral_expiry_lateness_seconds_sum"]).toBeLessThanOrEqual(0.5);
});

test("a session that is taken over is attached once, and one that ends while it is held is not", async () => {
  const { client, value } = await start();
  const attached = 'corral_sessions{state="attached"}';
  const first = client.bidi(rpc.keepAlive);
  first.send({});
  const { sessionToken } = (await first.next())!;
  const second = client.bidi(rpc.keepAlive);
  second.send({ sessionToken });
  await second.next();
  await first.status;
  expect(await value(attached)).toBe(1);
  await client.unary(rpc.closeSession, { sessionToken });
  await second.status;
  expect(await value(attached)).toBe(0);
});

test("a session that an operator ends counts as closed", async () => {
  const { client, values } = await start();
  const { sessionId } = await client.unary(rpc.openSession, {});
  await client.unary(Admin.method.expireSession, { sessionId });
  expect(await values("corral_sessions_closed_total", "corral_sessions_expired_total")).toEqual({
    corral_sessions_closed_total: 1,
    corral_sessions_expired_total: 0,
  });
});

test("watches by kind, their streams and what they were sent", async () => {
  const { client, values } = await start();
  const persistent = 'corral_watches{kind="persistent"}';
  const exists = 'corral_watches{kind="exists"}';
  const others = ["corral_watch_streams", "corral_watches_catching_up", "corral_watch_events_total"];
  const stream = client.bidi(rpc.watch);
  stream.send({
    add: [
      { watchId: 1n, path: "/a", kind: WatchKind.PERSISTENT },
      { watchId: 2n, path: "/a", kind: WatchKind.EXISTS },
    ],
  });
  await stream.next();
  const now = () => values(persistent, exists, ...others);
  expect(await now()).toEqual({
    [persistent]: 1,
    [exists]: 1,
    corral_watch_streams: 1,
    corral_watches_catching_up: 0,
    corral_watch_events_total: 0,
  });
  await client.unary(rpc.create, { path: "/a" });
  expect(await now()).toMatchObject({ [persistent]: 1, [exists]: 0, corral_watch_events_total: 1 });
  stream.cancel();
  await expect
    .poll(now)
    .toMatchObject({ [persistent]: 0, corral_watch_streams: 0, corral_watch_events_total: 1 });
});

test("a watch of the past counts as catching up until it has been told", async () => {
  const journal = new MemoryJournal();
  const { client, value } = await start({ journal });
  await client.unary(rpc.create, { path: "/a" });
  const read = Promise.withResolvers<void>();
  const history = journal.history.bind(journal);
  journal.history = (after, through) => read.promise.then(() => history(after, through));
  const stream = client.bidi(rpc.watch);
  stream.send({ add: [{ watchId: 1n, path: "/", kind: WatchKind.PERSISTENT_RECURSIVE, afterZxid: 0n }] });
  await expect.poll(() => value("corral_watches_catching_up")).toBe(1);
  read.resolve();
  await expect.poll(() => value("corral_watches_catching_up")).toBe(0);
  expect(await value("corral_watch_events_total")).toBe(1);
});

test("events wait for a slow reader until they are too many", async () => {
  const { client, engine, values } = await start();
  await client.unary(rpc.create, { path: "/a" });
  const cut = vi.fn();
  // It never says that it has read what it was sent.
  const holder = { peer: "a:1", sessionId: undefined, identities: [{ scheme: "world", id: "anyone" }] };
  const { stream, close } = engine.watch(holder, { send: () => {}, cut });
  onTestFinished(close);
  const form = { withData: false, withPreviousData: false, asText: false };
  const spec = { kind: "persistent", depth: "all", form } as const;
  engine.watches.add(stream, { id: 1, path: "/a", spec, afterZxid: undefined });
  const now = () =>
    values("corral_watch_outbox_events", "corral_watch_outbox_max_events", "corral_watchers_too_slow_total");
  // What was added goes out with the first event; then nothing does.
  for (let i = 0; i < 4; i++) await client.unary(rpc.set, { path: "/a" });
  const waiting = { corral_watch_outbox_events: 3, corral_watch_outbox_max_events: 3 };
  expect(await now()).toEqual({ ...waiting, corral_watchers_too_slow_total: 0 });
  for (let i = 0; i < outboxEventsMax; i++) await client.unary(rpc.set, { path: "/a" });
  expect(cut).toHaveBeenCalledOnce();
  expect(await now()).toMatchObject({ corral_watchers_too_slow_total: 1 });
});

test("what is held for clients, by kind, and how many were cut off for it", async () => {
  const { client, clock, value } = await start({ clientMemoryMaxBytes: 10_000 });
  const bytes = () => value('corral_client_memory_bytes{kind="watch"}');
  const shed = () => value('corral_client_memory_shed_total{kind="watch"}');
  const stream = client.bidi(rpc.watch);
  const add = (watchId: bigint) =>
    stream.send({ add: [{ watchId, path: `/${"a".repeat(8_999)}`, kind: WatchKind.PERSISTENT }] });
  add(1n);
  await stream.next();
  expect(await bytes()).toBe(0);
  clock.advance(memoryLookIntervalMs);
  expect(await bytes()).toBe(9_000);
  expect(await value('corral_limit_used_ratio{limit="client_memory_bytes"}')).toBe(0.9);
  expect(await shed()).toBe(0);
  add(2n);
  await stream.next();
  clock.advance(memoryLookIntervalMs);
  expect(await stream.status).toMatchObject({ reason: "WATCHER_TOO_SLOW", facts: { limit: "10000" } });
  expect(await shed()).toBe(1);
});

test("what waits for the disk, how long it took, and how much was in a batch", async () => {
  const journal = new MemoryJournal();
  const { client, clock, values } = await start({ journal });
  const queue = ["corral_write_queue_operations", "corral_write_queue_bytes"];
  const commits = ["corral_commits_total", "corral_commit_duration_seconds_sum", "corral_commit_changes_sum"];
  expect(await values(...queue, ...commits)).toMatchObject({ corral_write_queue_operations: 0 });
  journal.hold();
  const first = client.unary(rpc.create, { path: "/a" });
  await journal.commitArrived();
  const waiting = await values(...queue);
  expect(waiting["corral_write_queue_operations"]).toBe(1);
  expect(waiting["corral_write_queue_bytes"]).toBeGreaterThan(0);
  clock.advance(250);
  journal.release();
  await first;
  expect(await values(...queue, ...commits)).toEqual({
    corral_write_queue_operations: 0,
    corral_write_queue_bytes: 0,
    corral_commits_total: 1,
    corral_commit_duration_seconds_sum: 0.25,
    corral_commit_changes_sum: 1,
  });
});

test("what is refused counts by its reason, a full disk among them", async () => {
  const journal = new MemoryJournal();
  const { client, value } = await start({ journal });
  await failureOf(client.unary(rpc.delete, { path: "/no" }));
  expect(await value('corral_writes_refused_total{reason="NO_NODE"}')).toBe(1);
  journal.failNext("full");
  await failureOf(client.unary(rpc.create, { path: "/a" }));
  expect(await value('corral_writes_refused_total{reason="DISK_FULL"}')).toBe(1);
  expect(await value("corral_commits_total")).toBe(0);
});

test("connections that are open, and those that were turned away", async () => {
  const { client, port, value } = await start({ maxConnections: 1 });
  await client.unary(rpc.get, { path: "/" });
  expect(await value("corral_connections")).toBe(1);
  await (await RawConnection.open(port)).closed;
  expect(await value("corral_connections_rejected_total")).toBe(1);
});

test("calls under the names and labels of go-grpc-prometheus", async () => {
  const { client, values } = await start();
  await client.unary(rpc.get, { path: "/" });
  await failureOf(client.unary(rpc.get, { path: "/no" }));
  const scan = client.serverStream(rpc.scan, { path: "/" });
  while ((await scan.next()) !== undefined);
  await scan.status;
  const get = 'grpc_type="unary",grpc_service="corral.v1.Coordination",grpc_method="Get"';
  const scanned = 'grpc_type="server_stream",grpc_service="corral.v1.Coordination",grpc_method="Scan"';
  const expected = {
    [`grpc_server_started_total{${get}}`]: 2,
    [`grpc_server_handled_total{${get},grpc_code="OK"}`]: 1,
    [`grpc_server_handled_total{${get},grpc_code="NotFound"}`]: 1,
    [`grpc_server_msg_received_total{${get}}`]: 2,
    [`grpc_server_msg_sent_total{${get}}`]: 1,
    [`grpc_server_handling_seconds_count{${get}}`]: 2,
    [`grpc_server_handled_total{${scanned},grpc_code="OK"}`]: 1,
    'grpc_server_handled_total{grpc_type="unary",grpc_service="corral.v1.Coordination",grpc_method="Set",grpc_code="OK"}': 0,
  };
  await expect.poll(() => values(...Object.keys(expected))).toEqual(expected);
});

test("limits by how much of each is used; one that is switched off is left out", async () => {
  const { client, ops, value } = await start();
  await client.unary(rpc.openSession, {});
  expect(await value('corral_limit_used_ratio{limit="sessions"}')).toBe(1 / 200_000);
  expect([...(await ops.scrape()).keys()]).not.toContain('corral_limit_used_ratio{limit="connections"}');
});

test("the process, its files and its event loop", async () => {
  const { clock, values, value } = await start();
  const keys = ["process_cpu_seconds_total", "process_resident_memory_bytes", "nodejs_heap_size_used_bytes"];
  const more = ["nodejs_external_memory_bytes", "process_open_fds", "process_max_fds"];
  for (const [key, number] of Object.entries(await values(...keys, ...more))) {
    expect(number, key).toBeGreaterThan(0);
  }
  const longest = 'corral_event_loop_delay_seconds{quantile="1"}';
  await expect.poll(() => value(longest)).toBeDefined();
  // Blocks the event loop, as nothing else here may.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120);
  await expect.poll(() => value(longest)).toBeGreaterThan(0.09);
  // A scraper that comes half a minute later still sees it; after that nobody does.
  clock.advance(30_000);
  expect(await value(longest)).toBeGreaterThan(0.09);
  clock.advance(30_000);
  expect(await value(longest)).toBeLessThan(0.09);
});

test("ZooKeeper's names are there when they are asked for, and tell the same", async () => {
  const server = await startServer();
  const plain = await OpsPort.open(server.vitals);
  const ops = await OpsPort.open(server.vitals, "zookeeper");
  await server.client.unary(rpc.create, { path: "/a", text: "20" });
  await server.client.unary(rpc.get, { path: "/a" });
  const scraped = await ops.scrape();
  expect(scraped.get("znode_count")).toBe(scraped.get("corral_nodes"));
  expect(scraped.get("approximate_data_size")).toBe(2);
  expect(scraped.get("num_alive_connections")).toBe(1);
  expect(scraped.get("packets_received")).toBe(2);
  expect(scraped.get("readlatency_count")).toBe(1);
  expect(scraped.get("updatelatency_count")).toBe(1);
  expect(scraped.get("commit_count")).toBe(1);
  expect((await plain.scrape()).has("znode_count")).toBe(false);
});
