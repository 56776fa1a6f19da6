// The port for operators of a whole server, with a real journal.
import { createServer } from "node:net";
import { Metadata } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import type { Logger } from "../../src/ops/logger.ts";
import { type RunningServer, startServer } from "../../src/server.ts";
import { version } from "../../src/version.ts";
import { load, tempDir } from "../cli/load.ts";
import { parseExposition } from "../support/exposition.ts";
import { silent } from "../support/ops.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { failureOf, RpcClient } from "../support/rpc-client.ts";

const rpc = Coordination.method;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

async function start(httpPort: number, log: Logger = silent): Promise<RunningServer> {
  const ports = ["--port", "0", "--http-port", `${httpPort}`];
  const { settings } = load([...ports, "--data-dir", tempDir(), "--metrics-compat", "zookeeper"]);
  return startServer(settings, log);
}

async function started() {
  const httpPort = await freePort();
  const server = await start(httpPort);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= server.stop();
    return stopped;
  };
  const client = new RpcClient(server.address);
  onTestFinished(async () => {
    client.close();
    await stop();
  });
  const get = (path: string) => fetch(`http://127.0.0.1:${httpPort}${path}`);
  const scrape = async () => {
    const metrics = parseExposition(await (await get("/metrics")).text());
    return new Map([...metrics.values()].flatMap(({ samples }) => [...samples]));
  };
  return { server, stop, client, get, scrape };
}

test("what the disk takes, how long it does, and where the history begins", async () => {
  const { client, scrape } = await started();
  expect((await scrape()).get("corral_fsync_duration_seconds_count")).toBe(0);
  await client.unary(rpc.create, { path: "/a", text: "x".repeat(10_000) });
  const scraped = await scrape();
  expect(scraped.get("corral_fsync_duration_seconds_count")).toBe(1);
  expect(scraped.get("corral_fsync_duration_seconds_sum")).toBeGreaterThan(0);
  expect(scraped.get("corral_fsync_duration_seconds_sum")).toBeLessThan(
    scraped.get("corral_commit_duration_seconds_sum")!,
  );
  expect(scraped.get("corral_history_oldest_zxid")).toBe(0);
  expect(scraped.get("corral_database_bytes")).toBeGreaterThan(4_096);
  expect(scraped.get("corral_wal_bytes")).toBeGreaterThan(10_000);
  expect(scraped.get("corral_disk_free_bytes")).toBeGreaterThan(0);
  expect(scraped.get("fsynctime_count")).toBe(1);
});

test("wrong credentials are counted", async () => {
  const { client, scrape } = await started();
  const metadata = new Metadata();
  metadata.set("authorization", "Bearer nonsense");
  expect(await failureOf(client.unary(rpc.get, { path: "/" }, { metadata }))).toMatchObject({
    reason: "AUTH_FAILED",
  });
  expect((await scrape()).get("corral_auth_failures_total")).toBe(1);
});

test("GetStatus and the page tell the same, with the settings in the configuration's words", async () => {
  const { client, get } = await started();
  await client.unary(rpc.create, { path: "/a", text: "20" });
  const told = await client.unary(Admin.method.getStatus, {});
  const shown = JSON.parse(await (await get("/status")).text());
  expect(told).toMatchObject({
    version: version(),
    zxid: 1n,
    dataBytes: 2n,
    draining: false,
    logLevel: "info",
  });
  for (const [ours, theirs] of [
    ["start_time_ms", "startTimeMs"],
    ["oldest_zxid", "oldestZxid"],
    ["nodes", "nodes"],
    ["ephemeral_nodes", "ephemeralNodes"],
    ["sessions", "sessions"],
    ["watches", "watches"],
    ["watch_streams", "watchStreams"],
    ["connections", "connections"],
    ["database_bytes", "databaseBytes"],
    ["wal_bytes", "walBytes"],
  ] as const) {
    expect(shown[ours], ours).toBe(Number(told[theirs]));
  }
  expect(shown.settings).toMatchObject({ tick_ms: 2_000, max_connections: 20_000, slow_request_ms: 1_000 });
  expect(JSON.stringify(shown)).not.toContain("/");
});

test("while a server stops it is alive and not ready, and this port closes last", async () => {
  const { server, stop, client, get } = await started();
  await client.unary(rpc.get, { path: "/" });
  client.close();
  // A connection that does not go holds the stop up.
  const { socket } = await RawConnection.open(server.port);
  const stopped = stop();
  const ready = await get("/readyz");
  expect([ready.status, await ready.text()]).toEqual([
    503,
    expect.stringContaining("the server is stopping"),
  ]);
  expect((await get("/livez")).status).toBe(200);
  socket.destroy();
  await stopped;
  await expect(get("/livez")).rejects.toThrow("fetch failed");
});

test("the port opens before the data are loaded, and a start that fails closes it", async () => {
  const lines: string[] = [];
  const note = (_: object, msg: string) => void lines.push(msg);
  const httpPort = await freePort();
  const server = await start(httpPort, { ...silent, info: note });
  onTestFinished(() => server.stop());
  expect(lines).toEqual(["answering operators over HTTP", "loaded"]);
  const taken = `port ${httpPort} on 127.0.0.1 is already in use; http_port names another, and 0 none`;
  await expect(start(httpPort)).rejects.toMatchObject({ name: "ListenError", message: taken });
  const other = await freePort();
  const { settings } = load(["--port", `${server.port}`, "--http-port", `${other}`, "--data-dir", tempDir()]);
  await expect(startServer(settings, silent)).rejects.toMatchObject({ name: "ListenError" });
  await expect(fetch(`http://127.0.0.1:${other}/livez`)).rejects.toThrow("fetch failed");
});
