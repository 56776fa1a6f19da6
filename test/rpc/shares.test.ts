import { status as codes } from "@grpc/grpc-js";
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
