import { beforeEach, describe, expect, test, vi } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { watchSpec } from "../../src/core/watch.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

// One stream a turn: so telling them all takes many turns of the event loop, in which calls come in.
vi.mock("../../src/limits.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/limits.ts")>()),
  flushSliceStreams: 1,
}));

/** No answer shows a change before it has been told to every stream that watches it. */

const rpc = Coordination.method;
const streams = 300;
const path = "/a";

let server: TestServer;
let told: number;

/** Identifies everybody later, as one who checks a token does. */
class LateAuthenticator extends Authenticator {
  override async identify() {
    for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
    return [];
  }
}

beforeEach(async () => {
  const clock = new ManualClock();
  server = await startServer({ clock, authenticator: new LateAuthenticator({ clock, demand: "none" }) });
  told = 0;
  const spec = watchSpec("exists", "all", { withData: false, withPreviousData: false, asText: false });
  for (let i = 0; i < streams; i++) {
    const sink = {
      send: ({ notices }: { readonly notices: readonly unknown[] }, sent: () => void) => {
        told += notices.length;
        setImmediate(sent);
      },
      cut: () => {},
    };
    const holder = { peer: "test", sessionId: undefined, identities: [] };
    const { stream } = server.engine.watch(holder, sink);
    server.engine.watches.add(stream, { id: 1, path, spec, afterZxid: undefined });
    stream.flush();
  }
  await new Promise(setImmediate);
});

/** Asks again and again until the answer shows the change; answers how many streams had been told of it by then. */
async function toldWhenShown(shows: () => Promise<boolean>): Promise<number> {
  const created = server.engine.submit(
    { op: "create", path, data: new Uint8Array(), mode: "persistent" },
    {},
  );
  const asking = Array.from({ length: 5 }, async () => {
    while (!(await shows()));
    return told;
  });
  const least = Math.min(...(await Promise.all(asking)));
  await created;
  return least;
}

async function statOf(answer: Promise<{ readonly stat?: unknown }>): Promise<boolean> {
  return (await answer.catch(() => ({ stat: undefined }))).stat !== undefined;
}

describe("a change that is still being told is not shown", () => {
  test("by Exists", async () => {
    expect(await toldWhenShown(() => statOf(server.client.unary(rpc.exists, { path })))).toBe(streams);
  });

  test("by Get, nor by its error", async () => {
    expect(await toldWhenShown(() => statOf(server.client.unary(rpc.get, { path })))).toBe(streams);
  });

  test("by List", async () => {
    const lists = async () => (await server.client.unary(rpc.list, { path: "/" })).children.length > 1;
    expect(await toldWhenShown(lists)).toBe(streams);
  });

  test("by Scan", async () => {
    const scans = async () => {
      const scan = server.client.serverStream(rpc.scan, { path: "/" });
      let found = false;
      for (let page = await scan.next(); page !== undefined; page = await scan.next()) {
        found ||= page.nodes.some((node) => node.path === path);
      }
      return found;
    };
    expect(await toldWhenShown(scans)).toBe(streams);
  });

  test("by Backup", async () => {
    const admin = () => server.client.serverStream(Admin.method.backup, {});
    const before = BigInt(server.engine.tree.zxid);
    const backs = async () => {
      const backup = admin();
      const chunk = await backup.next();
      backup.cancel();
      return chunk !== undefined && chunk.zxid > before;
    };
    expect(await toldWhenShown(backs)).toBe(streams);
  });

  test("by a Pipeline", async () => {
    const pipeline = server.client.bidi(rpc.pipeline);
    const reads = async () => {
      pipeline.send({ operations: [{ operation: { case: "exists", value: { path } } }] });
      const [result] = (await pipeline.next())!.results;
      return result?.result.case === "exists" && result.result.value.stat !== undefined;
    };
    // One at a time: its answers are those of whoever asks.
    let waiting: Promise<unknown> = Promise.resolve();
    const inTurn = () => {
      const mine = waiting.then(reads);
      waiting = mine;
      return mine;
    };
    expect(await toldWhenShown(inTurn)).toBe(streams);
    pipeline.cancel();
  });

  test("by the answer to a watch that is added", async () => {
    const before = BigInt(server.engine.tree.zxid);
    const adds = async () => {
      const watch = server.client.bidi(rpc.watch);
      watch.send({ add: [{ watchId: 1n, path: "/b", kind: WatchKind.PERSISTENT }] });
      const [added] = (await watch.next())!.added;
      watch.cancel();
      return added!.zxid > before;
    };
    expect(await toldWhenShown(adds)).toBe(streams);
  });

  test("by the answer to a heartbeat, which waits for nothing", async () => {
    const life = server.client.bidi(rpc.keepAlive);
    life.send({});
    const { zxid: before } = (await life.next())!;
    const beats: Promise<boolean>[] = [];
    const beat = () => {
      life.send({});
      const mine = (beats.at(-1) ?? Promise.resolve(false)).then(
        async () => (await life.next())!.zxid > before,
      );
      beats.push(mine);
      return mine;
    };
    expect(await toldWhenShown(beat)).toBe(streams);
    expect(beats.length).toBeGreaterThan(10);
    life.cancel();
  });

  test("by the answer to the write that made it, nor by one that was refused because of it", async () => {
    const create = () => server.client.unary(rpc.create, { path }).then(() => told);
    const [first, second] = await Promise.allSettled([create(), create().catch(() => Promise.reject(told))]);
    expect([first, second].map((one) => (one.status === "fulfilled" ? one.value : one.reason))).toEqual([
      streams,
      streams,
    ]);
  });
});
