import { status as codes, Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { failureOf } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

test("sessions of one address have a limit, by OpenSession and by KeepAlive", async () => {
  const { client } = await startServer({ settings: { maxSessionsPerAddress: 2 } });
  const { sessionToken } = await client.unary(rpc.openSession, {});
  const life = client.bidi(rpc.keepAlive);
  life.send({});
  await life.next();
  const tooMany = {
    code: "RESOURCE_EXHAUSTED",
    reason: "TOO_MANY_SESSIONS",
    facts: { limit: "2", address: "127.0.0.1" },
  };
  expect(await failureOf(client.unary(rpc.openSession, {}))).toMatchObject(tooMany);
  const another = client.bidi(rpc.keepAlive);
  another.send({});
  expect(await another.status).toMatchObject(tooMany);
  await client.unary(rpc.closeSession, { sessionToken });
  await client.unary(rpc.openSession, {});
  life.cancel();
});

test("sessions and watches of one identity have a limit of their own", async () => {
  const settings = { maxSessionsPerIdentity: 1, maxWatchesPerIdentity: 1 };
  const { client } = await startServer({ settings });
  const as = (user: string) => {
    const metadata = new Metadata();
    metadata.set("authorization", `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`);
    return { metadata };
  };
  await client.unary(rpc.openSession, {}, as("ada"));
  expect(await failureOf(client.unary(rpc.openSession, {}, as("ada")))).toMatchObject({
    reason: "TOO_MANY_SESSIONS",
    facts: { limit: "1", identity: "digest:ada" },
  });
  await client.unary(rpc.openSession, {}, as("bob"));
  const canceledOf = async (user: string) => {
    const stream = client.bidi(rpc.watch, as(user));
    stream.send({ add: [1n, 2n].map((watchId) => ({ watchId, path: "/a", kind: WatchKind.PERSISTENT })) });
    const { canceled } = (await stream.next())!;
    return canceled.map(({ watchId, status }) => [watchId, status?.message]);
  };
  const message = "the watches of digest:ada have reached their limit of 1; cancel some";
  expect(await canceledOf("ada")).toEqual([[2n, message]]);
  expect((await canceledOf("bob")).map(([watchId]) => watchId)).toEqual([2n]);
});

test("watches of one address have a limit, and one too many ends itself alone", async () => {
  const { client } = await startServer({ settings: { maxWatchesPerAddress: 2 } });
  const stream = client.bidi(rpc.watch);
  const kind = WatchKind.PERSISTENT;
  stream.send({ add: [1n, 2n, 3n].map((watchId) => ({ watchId, path: "/a", kind })) });
  const { added, canceled } = (await stream.next())!;
  expect(added.map(({ watchId }) => watchId)).toEqual([1n, 2n]);
  expect(canceled).toMatchObject([{ watchId: 3n, status: { code: codes.RESOURCE_EXHAUSTED } }]);
  await client.unary(rpc.create, { path: "/a" });
  expect((await stream.next())!.events).toHaveLength(1);
  stream.cancel();
});
