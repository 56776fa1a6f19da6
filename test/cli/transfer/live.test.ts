import { expect, test } from "vitest";
import { LiveTree } from "../../../src/cli/transfer/live.ts";
import type { Client } from "../../../src/client/index.ts";
import { collect, connectClient } from "../../support/client.ts";
import { startServer } from "../../support/start-server.ts";

const { signal } = new AbortController();

test.each([
  ["was deleted", (client: Client) => client.delete("/a/b")],
  [
    "was made anew",
    async (client: Client) => {
      await client.delete("/a/b");
      await client.create("/a/b");
    },
  ],
  [
    "got another list",
    (client: Client) =>
      client.setAcl("/a/b", [{ scheme: "world", id: "anyone", permissions: ["read", "admin"] }]),
  ],
])(
  "a node that %s before its list was read ends the reading: no other list may stand for it",
  async (_, change) => {
    const server = await startServer();
    const { client } = await connectClient(server.address);
    await client.create("/a/b", "", { parents: true });
    // The scan is whole before the first list is asked for.
    const late = new Proxy(client, {
      get: (target, key) => {
        if (key === "scan") {
          return async function* (...args: Parameters<Client["scan"]>) {
            const nodes = await collect(target.scan(...args));
            await change(target);
            yield* nodes;
          };
        }
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const reading = collect(new LiveTree(late, "/a", { withAcl: true, signal }).nodes());
    await expect(reading).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringContaining("/a/b changed"),
    });
    expect(await collect(new LiveTree(client, "/a", { withAcl: false, signal }).nodes())).not.toEqual([]);
  },
);
