import { expect, test, vi } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { pageAclEntriesMax } from "../../src/limits.ts";
import { startServer } from "../support/start-server.ts";

vi.mock("../../src/limits.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/limits.ts")>()),
  pageAclEntriesMax: 40,
}));

const rpc = Coordination.method;

/** Ten children, of which each has a list of its own with ten entries; the even ones may be read. */
async function serverWithLists() {
  const { client, engine } = await startServer();
  await client.unary(rpc.create, { path: "/p" });
  for (let child = 0; child < 10; child++) {
    const ranges = Array.from({ length: 9 }, (_, i) => ({
      scheme: "ip",
      id: `10.0.${child}.${i}`,
      permissions: 1,
    }));
    const last = { scheme: "world", id: "anyone", permissions: child % 2 === 0 ? 1 : 2 };
    const operation = {
      op: "create",
      path: `/p/${child}`,
      data: new Uint8Array(),
      mode: "persistent",
    } as const;
    const outcome = await engine.submit({ ...operation, acl: [...ranges, last] }, {});
    expect(outcome.ok).toBe(true);
  }
  return client;
}

const names = Array.from({ length: 10 }, (_, i) => String(i));
const readable = names.filter((name) => Number(name) % 2 === 0);

test("a List with Stats ends its page once it has looked at many entries of lists, and goes on in the next", async () => {
  const client = await serverWithLists();
  const found: string[] = [];
  const withStat: string[] = [];
  let pages = 0;
  for (let pageToken = ""; pages === 0 || pageToken !== ""; pages++) {
    const page = await client.unary(rpc.list, { path: "/p", withStats: true, pageToken });
    expect(page.children.length).toBeLessThanOrEqual(pageAclEntriesMax / 10);
    found.push(...page.children.map(({ name }) => name));
    withStat.push(...page.children.filter(({ stat }) => stat !== undefined).map(({ name }) => name));
    pageToken = page.nextPageToken;
  }
  expect([found, withStat, pages]).toEqual([names, readable, 3]);
});

test("so does a message of a Scan, which shows what may be read", async () => {
  const client = await serverWithLists();
  const scan = client.serverStream(rpc.scan, { path: "/p" });
  const sizes: number[] = [];
  const found: string[] = [];
  for (let page = await scan.next(); page !== undefined; page = await scan.next()) {
    sizes.push(page.nodes.length);
    found.push(...page.nodes.map(({ path }) => path));
  }
  expect(found).toEqual(["/p", ...readable.map((name) => `/p/${name}`)]);
  // The first has the node itself, whose list is open.
  expect(sizes).toEqual([3, 2, 1]);
});

test("so does a List inside a transaction; one without Stats looks at none", async () => {
  const client = await serverWithLists();
  const listed = (withStats: boolean) => ({
    operation: { case: "list", value: { path: "/p", withStats } } as const,
  });
  const { results } = await client.unary(rpc.transact, {
    operations: [listed(true), listed(false)],
  });
  const [some, all] = results.map(({ result }) => (result.case === "list" ? result.value : undefined));
  expect(some!.children.map(({ name }) => name)).toEqual(names.slice(0, 4));
  expect(some!.nextPageToken).not.toBe("");
  expect(all!.children.map(({ name }) => name)).toEqual(names);
});
