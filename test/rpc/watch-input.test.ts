import type { MessageInitShape } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { type WatchAddSchema, WatchKind, type WatchRequestSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import { pathBytesMax, watchesPerRequestMax } from "../../src/limits.ts";
import { rpcStatusOfProto } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;

type Add = MessageInitShape<typeof WatchAddSchema>;

let server: TestServer;

beforeEach(async () => {
  server = await startServer();
  await server.client.unary(rpc.create, { path: "/a" });
});

/** A stream with one healthy watch, which has been added. */
async function openHealthy() {
  const stream = server.client.bidi(rpc.watch);
  stream.send({ add: [{ watchId: 1n, path: "/a" }] });
  await stream.next();
  return stream;
}

describe("what is wrong with one watch cancels that watch, and leaves the others alone", () => {
  const huge = 2n ** 53n;
  test.each<[string, Add, { reason: string; field?: string; facts?: Record<string, string> }]>([
    ["an unknown kind", { kind: 99 as WatchKind }, { reason: "BAD_ARGUMENTS", field: "kind" }],
    ["depth 2", { kind: WatchKind.SUBTREE, depth: 2 }, { reason: "BAD_ARGUMENTS", field: "depth" }],
    ["depth -1", { kind: WatchKind.SUBTREE, depth: -1 }, { reason: "BAD_ARGUMENTS", field: "depth" }],
    ["a depth without SUBTREE", { depth: 1 }, { reason: "BAD_ARGUMENTS", field: "depth" }],
    ["after_zxid -1", { afterZxid: -1n }, { reason: "BAD_ARGUMENTS", field: "after_zxid" }],
    ["after_zxid 2^53", { afterZxid: huge }, { reason: "BAD_ARGUMENTS", field: "after_zxid" }],
    ["the largest after_zxid", { afterZxid: 2n ** 63n - 1n }, { reason: "BAD_ARGUMENTS" }],
    [
      "an after_zxid to come",
      { afterZxid: huge - 1n },
      { reason: "ZXID_AHEAD", field: "after_zxid", facts: { expected: String(huge - 1n), actual: "1" } },
    ],
    ["a relative path", { path: "a" }, { reason: "BAD_ARGUMENTS", field: "path", facts: { path: "a" } }],
    ["no path", { path: "" }, { reason: "BAD_ARGUMENTS", field: "path" }],
    ["a path that climbs", { path: "/a/../b" }, { reason: "BAD_ARGUMENTS", field: "path" }],
    ["a path too long", { path: `/${"x".repeat(pathBytesMax)}` }, { reason: "PATH_TOO_LONG", field: "path" }],
    ["a node that is missing", { path: "/none", kind: WatchKind.DATA }, { reason: "NO_NODE" }],
  ])("%s", async (_title, wrong, expected) => {
    const stream = await openHealthy();
    stream.send({
      add: [
        { watchId: 2n, path: "/a", ...wrong },
        { watchId: 3n, path: "/a" },
      ],
    });
    const answers = [(await stream.next())!];
    if (answers[0]!.added.length === 0) answers.push((await stream.next())!);
    const canceled = answers.flatMap((answer) => answer.canceled);
    expect(canceled.map(({ watchId }) => watchId)).toEqual([2n]);
    expect(rpcStatusOfProto(canceled[0]!.status!)).toMatchObject({ domain: "corral", ...expected });
    expect(answers.flatMap(({ added }) => added.map(({ watchId }) => watchId))).toEqual([3n]);
    await server.client.unary(rpc.set, { path: "/a" });
    expect((await stream.next())!.events).toMatchObject([{ watchIds: [1n, 3n], path: "/a" }]);
  });
});

describe("a confusion of ids, or of the whole message, ends the stream", () => {
  const tooMany = Array.from({ length: watchesPerRequestMax + 1 }, (_, i) => BigInt(i + 2));
  test.each<[string, MessageInitShape<typeof WatchRequestSchema>, string]>([
    ["a watch_id that is taken", { add: [{ watchId: 1n, path: "/b" }] }, "watch_id"],
    [
      "a watch_id twice",
      {
        add: [
          { watchId: 2n, path: "/b" },
          { watchId: 2n, path: "/c" },
        ],
      },
      "watch_id",
    ],
    ["watch_id -1", { add: [{ watchId: -1n, path: "/b" }] }, "watch_id"],
    ["watch_id 2^53", { add: [{ watchId: 2n ** 53n, path: "/b" }] }, "watch_id"],
    ["the cancel of -1", { cancel: [-1n] }, "cancel"],
    ["the cancel of 2^53", { cancel: [2n ** 53n] }, "cancel"],
    ["too many adds", { add: tooMany.map((watchId) => ({ watchId, path: "/a" })) }, "add"],
    ["too many cancels", { cancel: tooMany }, "add"],
  ])("%s", async (_title, request, field) => {
    const stream = await openHealthy();
    stream.send(request);
    expect(await stream.status).toMatchObject({ code: "INVALID_ARGUMENT", reason: "BAD_ARGUMENTS", field });
    await expect.poll(() => server.engine.watches.streamCount).toBe(0);
  });

  test("and so do bytes that are no message", async () => {
    const stream = await openHealthy();
    stream.sendBytes(Uint8Array.of(0x0a, 0xff, 0xff));
    expect(await stream.status).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_REQUEST" });
    await expect.poll(() => server.engine.watches.streamCount).toBe(0);
  });

  test("while the largest message and the largest id are fine", async () => {
    const stream = await openHealthy();
    const ids = [...tooMany.slice(0, watchesPerRequestMax - 1), 2n ** 53n - 1n];
    stream.send({ add: ids.map((watchId) => ({ watchId, path: "/a" })) });
    const added: bigint[] = [];
    while (added.length < ids.length)
      added.push(...(await stream.next())!.added.map(({ watchId }) => watchId));
    expect(added).toEqual(ids);
    await server.client.unary(rpc.set, { path: "/a" });
    expect((await stream.next())!.events).toMatchObject([{ watchIds: [1n, ...ids] }]);
  });
});
