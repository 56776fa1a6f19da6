// The largest transactions that there can be, as a client with gRPC's usual limit of 4 MiB a message is told of them.
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { createdNode } from "../../src/core/node.ts";
import { transactionChangesMax } from "../../src/limits.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

test("all its events come in parts that fit a message, without data where there is no room for them", async () => {
  const store = new MemoryStore();
  const data = new Uint8Array(300);
  const record = createdNode({ zxid: 0, timeMs: 0 }, {}, data.length);
  const parent = `/${"p".repeat(80)}`;
  store.put(parent, record, data);
  for (let i = 1; i < transactionChangesMax; i++) store.put(`${parent}/${i}`, record, data);
  const { client } = await startServer({ journal: new MemoryJournal(store) });
  const stream = client.bidi(rpc.watch);
  stream.send({
    add: [
      { watchId: 1n, path: "/", withPreviousData: true },
      { watchId: 2n, path: parent, kind: WatchKind.PERSISTENT },
    ],
  });
  await stream.next();
  const { zxid } = await client.unary(rpc.delete, { path: parent, recursive: true });
  const parts = [(await stream.next())!];
  while (parts.at(-1)!.zxidContinues) parts.push((await stream.next())!);
  const events = parts.flatMap((part) => part.events);
  // The parent's own deletion is told in two forms, since one watch wants data.
  expect(events).toHaveLength(2 * transactionChangesMax);
  expect(events.every((event) => event.zxid === zxid)).toBe(true);
  const first = events[0]!;
  expect(first.previousData).toEqual(data);
  expect(events.some(({ dataOmitted }) => dataOmitted)).toBe(true);
  stream.cancel();
});
