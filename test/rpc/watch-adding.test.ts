import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { watch } from "../../src/grpc/handlers/watch.ts";
import { outboxEventsMax } from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { startServer } from "../support/start-server.ts";

const messages = 60;
const perMessage = 1_000;

function adding(message: number) {
  const ids = Array.from({ length: perMessage }, (_, i) => message * perMessage + i);
  return {
    add: ids.map((id) => ({ watchId: BigInt(id), path: `/n-${id}`, kind: WatchKind.PERSISTENT })),
    cancel: [],
    bookmark: false,
  };
}

test("a client that reads promptly may add sixty thousand watches in one go", async () => {
  const { client } = await startServer();
  const stream = client.bidi(Coordination.method.watch);
  for (let message = 0; message < messages; message++) stream.send(adding(message));
  let added = 0;
  while (added < messages * perMessage) {
    const answer = await stream.next();
    if (answer === undefined) break;
    added += answer.added.length;
  }
  expect(added).toBe(messages * perMessage);
  stream.cancel();
});

test("a client that reads none of its answers is not read from meanwhile; it keeps its stream", async () => {
  const { engine } = await TestEngine.start();
  let sent = () => {};
  let cuts = 0;
  async function* requests() {
    for (let message = 0; message < messages; message++) yield adding(message);
  }
  const stream = {
    peer: "test",
    signal: new AbortController().signal,
    requests: requests(),
    write: (_: unknown, written: () => void) => {
      sent = written;
    },
    cut: () => cuts++,
  };
  type Stream = Parameters<ReturnType<typeof watch>>[0];
  void watch(engine)(stream as unknown as Stream, { identities: [] });
  await settle();
  // Those of the first message are on their way, and of the others half of what may wait.
  expect([engine.watches.count, cuts]).toEqual([perMessage + outboxEventsMax / 2, 0]);
  while (engine.watches.count < messages * perMessage) {
    sent();
    await settle();
  }
  expect(cuts).toBe(0);
});
