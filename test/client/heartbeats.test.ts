import { expect, onTestFinished, test } from "vitest";
import { connect, type SessionState } from "../../src/client/index.ts";
import { temporaryFolder } from "../story/programs.ts";
import { startServerProcess } from "../story/server-process.ts";
import { connectClient, eventually } from "../support/client.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { startServer } from "../support/start-server.ts";

const calls = 10_000;

test(`heartbeats are answered while ${calls} calls are in flight that nobody answers, for ten timeouts`, async () => {
  const journal = new MemoryJournal();
  const server = await startServer({ journal });
  const { client, clock, states } = await connectClient(server.address, { sessionTimeoutMs: 6_000 });
  await client.create("/e", "", { mode: "ephemeral" });
  journal.hold();
  const options = { timeoutMs: Number.POSITIVE_INFINITY };
  const waiting = Array.from({ length: calls }, (_, i) => client.set("/e", `${i}`, options));
  await journal.commitArrived();
  for (let thirds = 0; thirds < 30; thirds++) {
    clock.advance(2_000);
    server.clock.advance(2_000);
    // Without a new heartbeat it would be less.
    await eventually(() => client.session!.leftMs > 4_000);
  }
  journal.release();
  await Promise.all(waiting);
  expect(states).toEqual([]);
  expect(await client.exists("/e")).toMatchObject({ version: calls });
});

test(`a session lives through ${calls} calls in flight that keep both sides busy, again and again`, async () => {
  // The shortest timeout that a server grants by default.
  const timeoutMs = 4_000;
  const server = await startServerProcess(temporaryFolder());
  onTestFinished(() => server.kill());
  await using client = await connect({ endpoints: server.address, sessionTimeoutMs: timeoutMs });
  const { id } = client.session!;
  const states: SessionState[] = [];
  client.onState((state) => states.push(state));
  await client.create("/e", "", { mode: "ephemeral" });
  let beats = 0;
  client.onHeartbeat(() => beats++);
  const options = { timeoutMs: 60_000 };
  // Four of them are more than a timeout apart.
  while (beats <= 4) {
    const waiting = Array.from({ length: calls }, (_, i) =>
      i % 2 === 0 ? client.get("/e", options) : client.set("/e", `${i}`, options),
    );
    await Promise.all(waiting);
  }
  expect(states).not.toContain("lost");
  expect(await client.exists("/e")).toMatchObject({ ephemeralOwner: id });
}, 120_000);
