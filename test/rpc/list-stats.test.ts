import { expect, test, vi } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { listPageStatsMax } from "../../src/limits.ts";
import { startServer } from "../support/start-server.ts";

vi.mock("../../src/limits.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/limits.ts")>()),
  listPageStatsMax: 3,
}));

const rpc = Coordination.method;

test("a page with Stats ends after so many, says that there are more, and the next goes on; one without does not", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/p" });
  for (const name of "abcdefgh") await client.unary(rpc.create, { path: `/p/${name}` });
  const pages: string[] = [];
  let pageToken = "";
  do {
    const page = await client.unary(rpc.list, { path: "/p", withStats: true, pageSize: 100, pageToken });
    pages.push(page.children.map(({ name }) => name).join(""));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(listPageStatsMax).toBe(3);
  expect(pages).toEqual(["abc", "def", "gh"]);
  expect((await client.unary(rpc.list, { path: "/p", pageSize: 100 })).children).toHaveLength(8);
});

test("the same holds for a List in a transaction", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/p" });
  for (const name of "abcde") await client.unary(rpc.create, { path: `/p/${name}` });
  const list = { operation: { case: "list" as const, value: { path: "/p", withStats: true } } };
  const { results } = await client.unary(rpc.transact, { operations: [list] });
  const { result } = results[0]!;
  expect(result.case === "list" && result.value.children.map(({ name }) => name)).toEqual(["a", "b", "c"]);
});
