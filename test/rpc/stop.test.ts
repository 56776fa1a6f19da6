import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/ts/grpc/health/v1/health_pb.js";
import { reservedNodes } from "../../src/core/reserved.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { failureOf, RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const shuttingDown = { code: "UNAVAILABLE", reason: "SHUTTING_DOWN", retryMs: 1_000 };

/** A journal whose commits wait until the test lets them go. */
function heldJournal(): { journal: Journal; release: () => void; busy: Promise<void> } {
  const gate = Promise.withResolvers<void>();
  const busy = Promise.withResolvers<void>();
  const journal: Journal = {
    async load(sink) {
      for (const { path, record } of reservedNodes) sink.node(path, record, new Uint8Array());
      return { lastZxid: 0, databaseId: "00000000000000aa" };
    },
    commit: () => {
      busy.resolve();
      return gate.promise;
    },
    history: (_after, through) => Promise.resolve({ transactions: [], through }),
    care: () => Promise.resolve({ isFull: false, freeBytes: Number.MAX_SAFE_INTEGER, more: false }),
    close: () => Promise.resolve(),
  };
  return { journal, release: gate.resolve, busy: busy.promise };
}

test("a stop ends the streams, tells health first, lets running calls finish, and then closes", async () => {
  const { journal, release, busy } = heldJournal();
  const { client, address, grpc } = await startServer({ journal });
  const watch = client.serverStream(Health.method.watch, {});
  expect((await watch.next())?.status).toBe(Status.SERVING);
  const idle = client.bidi(rpc.keepAlive);
  await client.unary(rpc.get, { path: "/" });
  const write = client.unary(rpc.create, { path: "/a" });
  await busy;
  const stopped = grpc.stop(5_000);
  expect((await watch.next())?.status).toBe(Status.NOT_SERVING);
  expect(await idle.status).toMatchObject(shuttingDown);
  expect(await failureOf(client.unary(rpc.get, { path: "/" }))).toMatchObject(shuttingDown);
  expect((await client.unary(Health.method.check, {})).status).toBe(Status.NOT_SERVING);
  const late = new RpcClient(address);
  expect(await failureOf(late.unary(rpc.get, { path: "/" }))).toMatchObject({ code: "UNAVAILABLE" });
  late.close();
  release();
  expect(await write).toMatchObject({ path: "/a" });
  expect(await watch.status).toMatchObject(shuttingDown);
  await stopped;
});

test("after the grace, calls that still run are broken off", async () => {
  const { journal, release, busy } = heldJournal();
  const { client, grpc, port } = await startServer({ journal });
  const silent = await RawConnection.open(port);
  const write = failureOf(client.unary(rpc.create, { path: "/a" }));
  await busy;
  await grpc.stop(50);
  expect((await write).code).toMatch(/UNAVAILABLE|CANCELLED|INTERNAL/);
  await silent.closed;
  release();
});

test("a stop with nothing to wait for is quick, twice is once, and the port is free again", async () => {
  const first = await startServer();
  const held = first.client.bidi(rpc.keepAlive);
  held.send({});
  await held.next();
  const started = performance.now();
  const stopped = first.grpc.stop(20_000);
  expect(first.grpc.stop(20_000)).toBe(stopped);
  expect(await held.status).toMatchObject(shuttingDown);
  await stopped;
  expect(performance.now() - started).toBeLessThan(10_000);
  const again = await startServer({ port: first.port });
  await again.client.unary(rpc.get, { path: "/" });
});
