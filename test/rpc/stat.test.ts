// What ZooKeeper's StatTest, NullDataTest and the overflow of its counters ask of a node's Stat, from outside.
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode, IfExists } from "../../gen/ts/corral/v1/node_pb.js";
import { createdNode, type NodeRecord } from "../../src/core/node.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import { failureOf, type RpcClient } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;

async function statOf(client: RpcClient, path: string) {
  return (await client.unary(rpc.exists, { path })).stat!;
}

/** A server that finds a node /n with these numbers on its disk. */
function serverWith(fields: Partial<NodeRecord>): Promise<TestServer> {
  const store = new MemoryStore();
  const record = { ...createdNode({ zxid: 0, timeMs: 0 }, {}, 0), ...fields };
  store.put("/n", record);
  return startServer({ journal: new MemoryJournal(store) });
}

test("of a new node", async () => {
  const { client, clock } = await startServer();
  const { zxid } = await client.unary(rpc.create, { path: "/foo", text: "foo" });
  expect(await statOf(client, "/foo")).toMatchObject({
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: BigInt(clock.wallMs()),
    mtimeMs: BigInt(clock.wallMs()),
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0n,
    dataLength: 3,
    numChildren: 0,
  });
});

test("of a parent counts its children, and moves pzxid alone", async () => {
  const { client } = await startServer();
  const foo = await client.unary(rpc.create, { path: "/foo" });
  for (let i = 1; i <= 10; i++) {
    const { zxid } = await client.unary(rpc.create, { path: `/foo/bar${i}` });
    const moved = { czxid: foo.zxid, mzxid: foo.zxid, pzxid: zxid, version: 0 };
    expect(await statOf(client, "/foo")).toMatchObject({ ...moved, cversion: i, numChildren: i });
  }
  const child = await client.unary(rpc.set, { path: "/foo/bar1", text: "x" });
  expect(await statOf(client, "/foo")).toMatchObject({ pzxid: child.zxid - 1n, cversion: 10 });
  const { zxid } = await client.unary(rpc.delete, { path: "/foo/bar1" });
  expect(await statOf(client, "/foo")).toMatchObject({ pzxid: zxid, cversion: 11, numChildren: 9 });
});

test("of new data: their length, version and time; the rest stays", async () => {
  const { client, clock } = await startServer();
  const created = await client.unary(rpc.create, { path: "/foo", text: "foo" });
  clock.advance(5);
  const set = await client.unary(rpc.set, { path: "/foo", text: "foofoo" });
  expect(set.stat).toMatchObject({
    czxid: created.zxid,
    mzxid: set.zxid,
    pzxid: created.zxid,
    ctimeMs: created.stat!.ctimeMs,
    mtimeMs: created.stat!.mtimeMs + 5n,
    version: 1,
    dataLength: 6,
  });
});

test("no data are empty data, at the creation and after", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/none" });
  expect(await client.unary(rpc.get, { path: "/none" })).toMatchObject({
    data: new Uint8Array(),
    text: "",
    stat: { dataLength: 0 },
  });
  await client.unary(rpc.set, { path: "/none", text: "some" });
  expect((await client.unary(rpc.set, { path: "/none" })).stat).toMatchObject({ version: 2, dataLength: 0 });
  const condition = { path: "/none", test: { case: "data", value: new Uint8Array() } } as const;
  const operations = [{ operation: { case: "check", value: condition } } as const];
  expect((await client.unary(rpc.transact, { operations })).results).toHaveLength(1);
  const found = await client.unary(rpc.create, { path: "/none", text: "x", ifExists: IfExists.GET });
  expect(found).toMatchObject({ existed: true, data: new Uint8Array() });
});

test("a version wraps around, past -1, and each of its values can be expected", async () => {
  const { client } = await serverWith({ version: 2_147_483_647 });
  const set = async (version: number) => (await client.unary(rpc.set, { path: "/n", version })).stat?.version;
  expect(await set(2_147_483_647)).toBe(-2_147_483_648);
  expect(await set(-2_147_483_648)).toBe(-2_147_483_647);
  const other = await serverWith({ version: -2 });
  expect((await other.client.unary(rpc.set, { path: "/n", version: -2 })).stat?.version).toBe(0);
});

test("sequence numbers end at the largest, and a create beyond it is refused; the version of the children goes on", async () => {
  const { client } = await serverWith({ creates: 2_147_483_646 });
  const mode = CreateMode.PERSISTENT_SEQUENTIAL;
  const create = () => client.unary(rpc.create, { path: "/n/s-", mode });
  expect((await create()).path).toBe("/n/s-2147483646");
  expect((await create()).path).toBe("/n/s-2147483647");
  expect(await failureOf(create())).toMatchObject({ reason: "SEQUENCE_USED_UP" });
  // Twice the creations less the children, in 32 bits.
  expect((await statOf(client, "/n")).cversion).toBe((2 * 2_147_483_648 - 2) | 0);
});
