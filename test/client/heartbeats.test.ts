import { performance } from "node:perf_hooks";
import { expect, onTestFinished, test } from "vitest";
import { connect, type SessionState } from "../../src/client/index.ts";
import { temporaryFolder } from "../story/programs.ts";
import { startServerProcess } from "../story/server-process.ts";

const timeoutMs = 1_200;
const calls = 10_000;

test(`a session with a timeout of ${timeoutMs} ms lives through ${calls} calls in flight, again and again`, async () => {
  const server = await startServerProcess(temporaryFolder(), "--tick-ms", "200");
  onTestFinished(() => server.kill());
  await using client = await connect({ endpoints: server.address, sessionTimeoutMs: timeoutMs });
  const { id } = client.session!;
  const states: SessionState[] = [];
  client.onState((state) => states.push(state));
  await client.create("/e", "", { mode: "ephemeral" });
  const startedMs = performance.now();
  let answered = 0;
  // Long enough for the session to end several times over if its heartbeats waited behind the calls.
  while (answered === 0 || performance.now() - startedMs < 3 * timeoutMs) {
    const options = { timeoutMs: 60_000 };
    const waiting = Array.from({ length: calls }, (_, i) =>
      i % 2 === 0 ? client.get("/e", options) : client.set("/e", `${i}`, options),
    );
    answered += (await Promise.all(waiting)).length;
  }
  expect(states).toEqual([]);
  expect(await client.exists("/e")).toMatchObject({ ephemeralOwner: id });
}, 120_000);
