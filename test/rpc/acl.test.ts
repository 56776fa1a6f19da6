import { Metadata } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { type AclEntry, Permission } from "../../gen/ts/corral/v1/acl_pb.js";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchEventKind, WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { digestOf } from "../../src/auth/basic.ts";
import type { AuditEntry } from "../../src/engine/audit.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { failureOf, type RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

async function start() {
  const clock = new ManualClock();
  const superDigest = digestOf({ user: "root", password: "root" });
  const audited: AuditEntry[] = [];
  const audit = { write: (entry: AuditEntry) => void audited.push(entry), serverUser: "corral" };
  const server = await startServer({
    clock,
    audit,
    authenticator: new Authenticator({ clock, demand: "none", superDigest }),
  });
  return { ...server, audited };
}

/** Acts as a user whose password is his name. */
function as(user: string): { metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set("authorization", `Basic ${Buffer.from(`${user}:${user}`).toString("base64")}`);
  return { metadata };
}

const idOf = (user: string) => digestOf({ user, password: user });

function allow(
  user: string,
  ...permissions: Permission[]
): { identity: { scheme: string; id: string }; permissions: Permission[] } {
  return { identity: { scheme: "digest", id: idOf(user) }, permissions };
}

const world = (...permissions: Permission[]) => ({
  identity: { scheme: "world", id: "anyone" },
  permissions,
});
const { READ, WRITE, CREATE, DELETE, ADMIN, ALL } = Permission;

function texts(acl: readonly AclEntry[]): string[] {
  return acl.map(
    ({ identity, permissions }) =>
      `${identity?.scheme}:${identity?.id}:${permissions.map((each) => Permission[each])}`,
  );
}

test("a list is set with the node, read, and set again", async () => {
  const { client } = await start();
  await client.unary(
    rpc.create,
    { path: "/a", acl: [{ identity: { scheme: "auth", id: "" }, permissions: [ALL] }, world(READ)] },
    as("ada"),
  );
  const first = await client.unary(rpc.getAcl, { path: "/a" }, as("ada"));
  expect(texts(first.acl)).toEqual([`digest:${idOf("ada")}:ALL`, "world:anyone:READ"]);
  const { stat } = await client.unary(
    rpc.setAcl,
    { path: "/a", acl: [world(READ, WRITE, CREATE, DELETE)], aversion: 0 },
    as("ada"),
  );
  expect(stat).toMatchObject({ aversion: 1, version: 0, mzxid: first.zxid });
  const second = await client.unary(rpc.getAcl, { path: "/a" });
  expect(texts(second.acl)).toEqual(["world:anyone:READ,WRITE,CREATE,DELETE"]);
  expect(second.stat).toEqual(stat);
  expect(texts((await client.unary(rpc.getAcl, { path: "/" })).acl)).toEqual(["world:anyone:ALL"]);
  expect(texts((await client.unary(rpc.getAcl, { path: "/zookeeper/config" })).acl)).toEqual([
    "world:anyone:READ",
  ]);
});

test("whom nothing is allowed is told nothing, with the path and the permission", async () => {
  const { client, audited } = await start();
  await client.unary(rpc.create, { path: "/a", acl: [allow("ada", ALL)] });
  await client.unary(rpc.create, { path: "/a/b", acl: [allow("ada", ALL)] }, as("ada"));
  audited.length = 0;
  const denials: [() => Promise<unknown>, string, string][] = [
    [() => client.unary(rpc.get, { path: "/a" }, as("bob")), "READ", "getData"],
    [() => client.unary(rpc.exists, { path: "/a" }, as("bob")), "READ", "exists"],
    [() => client.unary(rpc.list, { path: "/a" }, as("bob")), "READ", "getChildren"],
    [() => client.unary(rpc.getAcl, { path: "/a" }, as("bob")), "READ", "getAcl"],
    [() => client.unary(rpc.set, { path: "/a", text: "x" }, as("bob")), "WRITE", "setData"],
    [() => client.unary(rpc.create, { path: "/a/c" }, as("bob")), "CREATE", "create"],
    [() => client.unary(rpc.delete, { path: "/a/b" }, as("bob")), "DELETE", "delete"],
    [() => client.unary(rpc.setAcl, { path: "/a", acl: [world(ALL)] }, as("bob")), "ADMIN", "setAcl"],
  ];
  for (const [call, permission, operation] of denials) {
    expect(await failureOf(call())).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "NO_AUTH",
      facts: { path: "/a", permission },
    });
    expect(audited.at(-1)).toMatchObject({
      user: "bob",
      ip: "127.0.0.1",
      operation,
      result: "failure",
      reason: "NO_AUTH",
    });
  }
  expect((await client.unary(rpc.exists, { path: "/none" }, as("bob"))).stat).toBeUndefined();
  expect(await failureOf(client.unary(rpc.get, { path: "/none" }, as("bob")))).toMatchObject({
    reason: "NO_NODE",
  });
  await client.unary(rpc.get, { path: "/a" }, as("root"));
  await client.unary(rpc.get, { path: "/a" }, as("ada"));
});

test.each([
  ["an empty list", []],
  ["an unknown scheme", [{ identity: { scheme: "sasl", id: "a" }, permissions: [READ] }]],
  ["no identity", [{ permissions: [READ] }]],
  ["no permission", [{ identity: { scheme: "world", id: "anyone" }, permissions: [] }]],
  ["auth of nobody", [{ identity: { scheme: "auth", id: "" }, permissions: [READ] }]],
])("a list that breaks a rule is refused: %s", async (_what, acl) => {
  const { client } = await start();
  const failure = { code: "INVALID_ARGUMENT", reason: "INVALID_ACL", field: "acl" };
  expect(await failureOf(client.unary(rpc.setAcl, { path: "/", acl }))).toMatchObject(failure);
  if (acl.length > 0)
    expect(await failureOf(client.unary(rpc.create, { path: "/a", acl }))).toMatchObject(failure);
});

test("a permission that there is not is refused", async () => {
  const { client } = await start();
  const acl = [world(99 as Permission)];
  expect(await failureOf(client.unary(rpc.setAcl, { path: "/", acl }))).toMatchObject({
    reason: "BAD_ARGUMENTS",
    field: "acl.permissions",
  });
});

test("hashes are masked for whom may read but not set the list", async () => {
  const { client } = await start();
  await client.unary(rpc.create, { path: "/a", acl: [allow("ada", ADMIN), allow("bob", READ)] });
  const seenBy = async (user: string) =>
    texts((await client.unary(rpc.getAcl, { path: "/a" }, as(user))).acl);
  expect(await seenBy("ada")).toEqual([`digest:${idOf("ada")}:ADMIN`, `digest:${idOf("bob")}:READ`]);
  expect(await seenBy("bob")).toEqual(["digest:ada:x:ADMIN", "digest:bob:x:READ"]);
});

test("children are listed, but their Stat only for whom may read them", async () => {
  const { client } = await start();
  await client.unary(rpc.create, { path: "/a", acl: [allow("ada", READ)] });
  await client.unary(rpc.create, { path: "/b" });
  const { children } = await client.unary(rpc.list, { path: "/", withStats: true });
  expect(children.map(({ name, stat }) => [name, stat !== undefined])).toEqual([
    ["a", false],
    ["b", true],
    ["zookeeper", true],
  ]);
});

test("a scan shows what its reader may read, by the lists of its moment", async () => {
  const { client } = await start();
  await client.unary(rpc.create, { path: "/a" });
  await client.unary(rpc.create, { path: "/a/hidden", acl: [allow("ada", ALL)] });
  await client.unary(rpc.create, { path: "/a/hidden/below", acl: [world(ALL)] }, as("ada"));
  await client.unary(rpc.create, { path: "/a/shown" });
  const scan = async (path: string, options = {}) => {
    const stream = client.serverStream(rpc.scan, { path }, options);
    const paths: string[] = [];
    for (let page = await stream.next(); page !== undefined; page = await stream.next()) {
      paths.push(...page.nodes.map((node) => node.path));
    }
    return { paths, status: await stream.status };
  };
  expect(await scan("/a")).toMatchObject({ paths: ["/a", "/a/shown"], status: { code: "OK" } });
  expect((await scan("/a", as("ada"))).paths).toEqual(["/a", "/a/hidden", "/a/hidden/below", "/a/shown"]);
  expect((await scan("/a/hidden")).status).toMatchObject({
    reason: "NO_AUTH",
    facts: { path: "/a/hidden", permission: "READ" },
  });
  expect((await scan("/a/hidden/below")).paths).toEqual(["/a/hidden/below"]);
});

test("somebody else's retry is not answered", async () => {
  const { client } = await start();
  const request = { path: "/a", text: "x" };
  const id = "0123456789abcdef0123456789abcdef";
  const marked = (user: string) => {
    const { metadata } = as(user);
    metadata.set("corral-request-id", id);
    return { metadata };
  };
  const first = await client.unary(rpc.create, request, marked("ada"));
  expect(await client.unary(rpc.create, request, marked("ada"))).toEqual(first);
  expect(await failureOf(client.unary(rpc.create, request, marked("bob")))).toMatchObject({
    reason: "REQUEST_ID_REUSED",
  });
});

test("who is in charge of the root is in charge of the server", async () => {
  const { client } = await start();
  await client.unary(Admin.method.countWatches, {});
  await client.unary(rpc.setAcl, { path: "/", acl: [world(READ, CREATE), allow("ada", ALL)] });
  expect(await failureOf(client.unary(Admin.method.countWatches, {}))).toMatchObject({
    reason: "NO_AUTH",
    facts: { path: "/", permission: "ADMIN" },
  });
  await client.unary(Admin.method.listWatchers, { path: "/" }, as("ada"));
});

describe("watches", () => {
  const { NODE_CREATED, NODE_DATA_CHANGED, NODE_DELETED, NODE_CHILDREN_CHANGED } = WatchEventKind;
  const open = { identity: { scheme: "world", id: "anyone" }, permissions: [ALL] };
  const secret = [allow("ada", ALL)];

  /** A tree whose root everybody may read, and changes that some may see. */
  async function change(client: RpcClient) {
    await client.unary(rpc.create, { path: "/shown", acl: [open] });
    await client.unary(rpc.create, { path: "/hidden", acl: secret });
    await client.unary(rpc.create, { path: "/hidden/below", acl: [open] }, as("ada"));
    await client.unary(rpc.set, { path: "/hidden", text: "x" }, as("ada"));
    await client.unary(rpc.setAcl, { path: "/shown", acl: secret });
    await client.unary(rpc.set, { path: "/shown", text: "x" }, as("ada"));
    await client.unary(rpc.delete, { path: "/hidden/below" }, as("ada"));
    await client.unary(rpc.delete, { path: "/hidden" });
  }

  const forAll = [
    [NODE_CREATED, "/shown"],
    [NODE_CREATED, "/hidden/below"],
    [NODE_DELETED, "/hidden/below"],
  ];
  const forAda = [
    [NODE_CREATED, "/shown"],
    [NODE_CREATED, "/hidden"],
    [NODE_CREATED, "/hidden/below"],
    [NODE_DATA_CHANGED, "/hidden"],
    [NODE_DATA_CHANGED, "/shown"],
    [NODE_DELETED, "/hidden/below"],
    [NODE_DELETED, "/hidden"],
  ];

  /** What a recursive watch on the root is told, up to the next bookmark. */
  async function told(stream: ReturnType<typeof watch>) {
    stream.send({ bookmark: true });
    const events: [WatchEventKind, string][] = [];
    for (;;) {
      const message = await stream.next();
      for (const { kind, path } of message!.events) events.push([kind, path]);
      if (message!.bookmark !== undefined && message!.bookmark.zxid > 0n) return events;
    }
  }

  function watch(client: RpcClient, options: object) {
    return client.bidi(rpc.watch, options);
  }

  test.each(["live", "from the past"])(
    "an event is for whom may read the node at the time: %s",
    async (when) => {
      const { client } = await start();
      const streams = [watch(client, {}), watch(client, as("ada"))];
      const add = [{ watchId: 1n, path: "/", ...(when === "live" ? {} : { afterZxid: 0n }) }];
      if (when === "live") {
        for (const stream of streams) {
          stream.send({ add });
          expect((await stream.next())?.added).toHaveLength(1);
        }
      }
      await change(client);
      if (when !== "live") for (const stream of streams) stream.send({ add });
      expect(await told(streams[0]!)).toEqual(forAll);
      expect(await told(streams[1]!)).toEqual(forAda);
      for (const stream of streams) stream.cancel();
    },
  );

  test("children's changes go by the parent's list", async () => {
    const { client } = await start();
    await client.unary(rpc.create, { path: "/hidden", acl: secret });
    const streams = [watch(client, {}), watch(client, as("ada"))];
    for (const stream of streams) {
      stream.send({ add: [{ watchId: 1n, path: "/hidden", kind: WatchKind.PERSISTENT }] });
      await stream.next();
    }
    await client.unary(rpc.create, { path: "/hidden/a", acl: [open] }, as("ada"));
    expect(await told(streams[0]!)).toEqual([]);
    expect(await told(streams[1]!)).toEqual([[NODE_CHILDREN_CHANGED, "/hidden"]]);
    for (const stream of streams) stream.cancel();
  });

  test.each(["live", "from the past"])(
    "a one-shot watch is over, also when its reader may not see why: %s",
    async (when) => {
      const { client, engine } = await start();
      const stream = watch(client, {});
      const add = { watchId: 1n, path: "/later", kind: WatchKind.EXISTS };
      if (when === "live") {
        stream.send({ add: [add] });
        await stream.next();
      }
      await client.unary(rpc.create, { path: "/later", acl: secret });
      await client.unary(rpc.set, { path: "/later", text: "x" }, as("ada"));
      if (when !== "live") {
        // While it is there, such a watch of it is refused.
        await client.unary(rpc.delete, { path: "/later" });
        stream.send({ add: [{ ...add, afterZxid: 0n }] });
      }
      // Half-closed, the stream ends with its last watch.
      stream.end();
      for (let message = await stream.next(); message !== undefined; message = await stream.next()) {
        expect(message.events).toEqual([]);
      }
      expect(await stream.status).toMatchObject({ code: "OK" });
      expect([...engine.watches.counts.values()]).toEqual([0]);
    },
  );

  describe.each(["from now on", "after an earlier zxid"])("what a read leaves, %s,", (from) => {
    test.each([WatchKind.DATA, WatchKind.CHILDREN, WatchKind.EXISTS])(
      "needs what the read needs: %s",
      async (kind) => {
        const { client } = await start();
        const { zxid } = await client.unary(rpc.create, { path: "/hidden", acl: secret });
        await client.unary(rpc.set, { path: "/hidden", text: "x" }, as("ada"));
        const stream = watch(client, {});
        const after = from === "from now on" ? {} : { afterZxid: zxid };
        stream.send({ add: [{ watchId: 1n, path: "/hidden", kind, ...after }] });
        const message = await stream.next();
        expect(message?.canceled[0]).toMatchObject({ watchId: 1n, status: { code: 7 } });
        expect(message?.added).toEqual([]);
        stream.cancel();
      },
    );
  });
});
