import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { Admin, LogLevel } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { anonymous } from "../../src/core/operation.ts";
import { opsConnectionsMax, opsRequestBytesMax } from "../../src/limits.ts";
import { startOpsServer } from "../../src/ops/ops-server.ts";
import { Vitals } from "../../src/ops/vitals.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { OpsPort, silent } from "../support/ops.ts";
import { startServer } from "../support/start-server.ts";

/** A server that is still loading its data. */
function starting(): Vitals {
  return new Vitals({
    version: "1.2.3",
    clock: new ManualClock(),
    settings: { tick_ms: 2_000 },
    logLevel: () => "info",
    connectionsMax: 10,
    calls: { figures: () => [] },
  });
}

async function running() {
  const server = await startServer();
  return { ...server, ops: await OpsPort.open(server.vitals) };
}

const plainText = "text/plain; charset=utf-8";

test("a server that runs is alive and ready", async () => {
  const { ops } = await running();
  for (const path of ["/livez", "/readyz"]) {
    const { code, text, headers } = await ops.get(path);
    expect({ code, text, type: headers.get("content-type") }).toEqual({
      code: 200,
      text: "ok\n",
      type: plainText,
    });
    expect(headers.get("cache-control")).toBe("no-store");
  }
  const checks = ["data", "grpc", "journal", "draining"].map((name) => `[+]${name} ok\n`).join("");
  expect((await ops.get("/readyz?verbose")).text).toBe(`${checks}readyz check passed\n`);
  expect((await ops.get("/livez?verbose")).text).toBe(
    "[+]event_loop ok\n[+]journal ok\nlivez check passed\n",
  );
  expect(await ops.get("/readyz/journal")).toMatchObject({ code: 200, text: "[+]journal ok\n" });
  expect(await ops.get("/readyz/nothing")).toMatchObject({ code: 404 });
});

test("a server that starts is alive, not ready, and tells what is there", async () => {
  const ops = await OpsPort.open(starting());
  expect(await ops.get("/livez")).toMatchObject({ code: 200 });
  expect(await ops.get("/readyz")).toMatchObject({
    code: 503,
    text: [
      "[-]data failed: the data are being loaded",
      "[-]grpc failed: the gRPC port is not open",
      "[+]journal ok",
      "[+]draining ok",
      "readyz check failed",
      "",
    ].join("\n"),
  });
  expect(await ops.get("/readyz/data")).toMatchObject({
    code: 503,
    text: "[-]data failed: the data are being loaded\n",
  });
  const { code, text } = await ops.get("/status");
  expect({ code, status: JSON.parse(text) }).toEqual({
    code: 200,
    status: {
      state: "starting",
      version: "1.2.3",
      start_time_ms: Date.UTC(2026, 0, 1),
      uptime_ms: 0,
      settings: { tick_ms: 2_000 },
    },
  });
  const scraped = await ops.scrape();
  expect(scraped.get('corral_build_info{version="1.2.3"}')).toBe(1);
  expect(scraped.get("process_resident_memory_bytes")).toBeGreaterThan(0);
  expect([...scraped.keys()].filter((key) => key.startsWith("corral_nodes"))).toEqual([]);
});

test("the status has the facts of the server", async () => {
  const { ops, engine, client } = await running();
  await engine.openSession(0);
  await client.unary(Coordination.method.get, { path: "/" });
  const { text, headers } = await ops.get("/status");
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(JSON.parse(text)).toMatchObject({
    state: "running",
    zxid: 1,
    oldest_zxid: 0,
    nodes: engine.tree.nodeCount,
    sessions: 1,
    watches: 0,
    connections: 1,
    draining: false,
    alarms: [],
    database_bytes: 4_096,
    disk_free_bytes: 1_000_000,
    log_level: "info",
  });
});

test("a server that is drained is alive and not ready, until that is taken back", async () => {
  const { ops, engine } = await running();
  engine.setDraining(true, anonymous);
  expect(await ops.get("/livez")).toMatchObject({ code: 200 });
  expect(await ops.get("/readyz/draining")).toMatchObject({
    code: 503,
    text: "[-]draining failed: the server takes no new sessions\n",
  });
  expect(JSON.parse((await ops.get("/status")).text)).toMatchObject({ state: "draining", draining: true });
  expect((await ops.scrape()).get("corral_draining")).toBe(1);
  engine.setDraining(false, anonymous);
  expect(await ops.get("/readyz")).toMatchObject({ code: 200 });
  expect((await ops.scrape()).get("corral_draining")).toBe(0);
});

test("the level of the log is the one that was set last", async () => {
  const { ops, client } = await running();
  await client.unary(Admin.method.setLogLevel, { level: LogLevel.DEBUG });
  expect(JSON.parse((await ops.get("/status")).text)).toMatchObject({ log_level: "debug" });
});

test("a server that stops is alive and not ready; one whose journal failed is neither", async () => {
  const { ops, vitals } = await running();
  vitals.stopping = true;
  expect(await ops.get("/livez")).toMatchObject({ code: 200 });
  expect(await ops.get("/readyz")).toMatchObject({ code: 503 });
  expect((await ops.get("/readyz")).text).toContain("[-]draining failed: the server is stopping\n");
  expect(JSON.parse((await ops.get("/status")).text)).toMatchObject({ state: "stopping", draining: true });
  expect((await ops.scrape()).get("corral_draining")).toBe(1);
  vitals.failed = true;
  expect(await ops.get("/livez")).toMatchObject({ code: 503 });
  expect((await ops.get("/livez")).text).toContain("[-]journal failed: ");
});

test("/ lists the pages; other pages are not there, and other methods not allowed", async () => {
  const { ops } = await running();
  const { text } = await ops.get("/");
  for (const path of ["/livez", "/readyz", "/metrics", "/status"]) {
    expect(text).toContain(`\n${path} `);
    expect(await ops.get(path)).toMatchObject({ code: 200 });
    expect(await ops.get(path, { method: "HEAD" })).toMatchObject({ code: 200, text: "" });
    expect(await ops.get(`${path}/`)).toMatchObject({ code: 404 });
  }
  for (const path of [
    "/no",
    "/metrics/a",
    "/status/",
    "//",
    "//metrics",
    "/readyz/a/b",
    "/%2e%2e/etc/passwd",
  ]) {
    expect(await ops.get(path), path).toMatchObject({ code: 404 });
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const { code, headers } = await ops.get("/metrics", { method });
    expect([method, code, headers.get("allow")]).toEqual([method, 405, "GET, HEAD"]);
  }
  const posted = await ops.get("/status", { method: "POST", body: "x".repeat(100_000) });
  expect([posted.code, posted.headers.get("connection")]).toEqual([405, "close"]);
});

test("a page that cannot be made is an error without its cause, which goes to the log", async () => {
  const { vitals } = await startServer();
  const error = vi.fn();
  const log = { ...silent, error };
  const server = await startOpsServer({ host: "127.0.0.1", port: 0, compat: "none", vitals, log });
  onTestFinished(() => server.close());
  const broken = {
    oldestZxid: 0,
    syncSeconds: undefined as never,
    sizes: () => Promise.reject(new Error("no disk")),
  };
  vitals.data = { ...vitals.data!, journal: broken };
  const response = await fetch(`http://127.0.0.1:${server.port}/status`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("no disk");
  expect(error).toHaveBeenCalledOnce();
});

test("requests are bounded", async () => {
  const { ops } = await running();
  expect((await ops.get(`/${"a".repeat(opsRequestBytesMax)}`)).code).toBe(431);
});

/** Counts how often metrics are made. */
function scrapesOf(vitals: Vitals): { count: number } {
  const { calls } = vitals;
  const scrapes = { count: 0 };
  const get = () => {
    scrapes.count++;
    return calls;
  };
  Object.defineProperty(vitals, "calls", { get });
  return scrapes;
}

/** Connections that do nothing but stay open, each with what it sent. */
async function openAll(port: number, count: number, sent: string) {
  const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.on("error", () => {});
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  for (const socket of sockets) socket.write(sent);
  return sockets;
}

test.each([
  ["that say nothing", ""],
  ["that do not read their answers", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"],
])("a probe gets in however many connections there are %s", async (_what, sent) => {
  const { ops } = await running();
  const sockets = await openAll(ops.port, 2 * opsConnectionsMax, sent);
  expect(await ops.get("/livez")).toMatchObject({ code: 200 });
  const open = () => sockets.filter((socket) => !socket.resume().destroyed).length;
  await expect.poll(open).toBeLessThanOrEqual(opsConnectionsMax);
  expect(open()).toBeGreaterThan(0);
});

test("a connection that sends requests without waiting is closed, and few of them are read", async () => {
  const { ops, vitals } = await running();
  const scrapes = scrapesOf(vitals);
  let read = 0;
  const count = () => void read++;
  subscribe("http.server.request.start", count);
  onTestFinished(() => void unsubscribe("http.server.request.start", count));
  const request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  const [socket] = await openAll(ops.port, 1, request.repeat(30_000));
  let received = "";
  socket!.setEncoding("utf8").on("data", (chunk) => {
    received += chunk;
  });
  // It may be closed while there is more to send.
  socket!.on("error", () => {});
  await new Promise((resolve) => socket!.once("close", resolve));
  // What is read at once: Node reads up to 64 KiB.
  expect(read).toBeLessThanOrEqual(65_536 / request.length + 1);
  expect(received.match(/HTTP\/1\.1 \d+/g) ?? []).toHaveLength(0);
  expect(scrapes.count).toBeLessThanOrEqual(1);
});

test("the metrics are made once for all who ask at the same time", async () => {
  const { ops, vitals } = await running();
  const scrapes = scrapesOf(vitals);
  const { sizes } = vitals.data!.journal;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  vitals.data!.journal.sizes = async () => {
    await held;
    return sizes.call(vitals.data!.journal);
  };
  const first = ops.get("/metrics");
  await vi.waitFor(() => expect(scrapes.count).toBe(1));
  const others = Array.from({ length: 10 }, () => ops.get("/metrics"));
  // Their requests have come before the answer of this one.
  await Promise.all(Array.from({ length: 11 }, () => ops.get("/livez")));
  release();
  for (const { code } of await Promise.all([first, ...others])) expect(code).toBe(200);
  expect(scrapes.count).toBeLessThan(6);
  await ops.get("/metrics");
  expect(scrapes.count).toBeGreaterThan(1);
});

test("what is not HTTP gets an answer and loses its connection", async () => {
  const { ops } = await running();
  const socket = connect(ops.port, "127.0.0.1");
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.resume();
  await once(socket, "close");
});

test("a port that is taken is told in one line, and nothing is left running", async () => {
  const clock = new ManualClock();
  const { port } = await OpsPort.open(starting());
  const vitals = new Vitals({ ...starting(), clock, calls: { figures: () => [] } });
  const start = startOpsServer({ host: "127.0.0.1", port, compat: "none", vitals, log: silent });
  await expect(start).rejects.toMatchObject({
    name: "ListenError",
    message: `port ${port} on 127.0.0.1 is already in use; http_port names another, and 0 none`,
  });
  expect(clock.pendingTimers).toBe(0);
});
