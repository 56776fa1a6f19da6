import { expect, test } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/ts/grpc/health/v1/health_pb.js";
import { failureOf } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Health.method;

test("Check and List tell what the server says of itself", async () => {
  const { client, grpc } = await startServer();
  for (const [serving, status] of [
    [true, Status.SERVING],
    [false, Status.NOT_SERVING],
    [true, Status.SERVING],
  ] as const) {
    grpc.setServing(serving);
    for (const service of ["", "corral.v1.Coordination"]) {
      expect((await client.unary(rpc.check, { service })).status).toBe(status);
    }
    expect((await client.unary(rpc.list, {})).statuses).toMatchObject({
      "": { status },
      "corral.v1.Coordination": { status },
    });
  }
});

test("an unknown service: Check fails with NOT_FOUND, Watch answers SERVICE_UNKNOWN and stays", async () => {
  const { client, grpc } = await startServer();
  expect(await failureOf(client.unary(rpc.check, { service: "no.Such" }))).toMatchObject({
    code: "NOT_FOUND",
  });
  const watch = client.serverStream(rpc.watch, { service: "no.Such" });
  expect((await watch.next())?.status).toBe(Status.SERVICE_UNKNOWN);
  grpc.setServing(false);
  watch.cancel();
  expect(await watch.status).toMatchObject({ code: "CANCELLED" });
});

test("Watch tells each change once", async () => {
  const { client, grpc } = await startServer();
  const watch = client.serverStream(rpc.watch, { service: "" });
  expect((await watch.next())?.status).toBe(Status.SERVING);
  grpc.setServing(true);
  grpc.setServing(false);
  expect((await watch.next())?.status).toBe(Status.NOT_SERVING);
  grpc.setServing(true);
  expect((await watch.next())?.status).toBe(Status.SERVING);
});
