import { onTestFinished } from "vitest";
import { type Client, type ConnectOptions, connect, type SessionState } from "../../src/client/index.ts";
import { ManualClock } from "./manual-clock.ts";

export interface TestClient {
  readonly client: Client;
  /** The client's time, which only the test moves. */
  readonly clock: ManualClock;
  /** Every state that was told since it was connected. */
  readonly states: SessionState[];
}

/** A client on a clock of its own; it is closed, and must leave nothing behind, at the end of the test. */
export async function connectClient(
  endpoint: string,
  options: Partial<ConnectOptions> = {},
): Promise<TestClient> {
  const clock = new ManualClock();
  const connecting = connect({ endpoints: endpoint, clock, ...options });
  const client = await withTime(connecting, clock);
  const states: SessionState[] = [];
  client.onState((state) => states.push(state));
  onTestFinished(async () => {
    await withTime(client.close(), clock);
    await eventually(() => clock.pendingTimers === 0);
  });
  return { client, clock, states };
}

/** Turns of the event loop that something may take: a bound for a test that would otherwise hang. */
const turnsMax = 20_000;

/** Waits until something is true, while the clock, if there is one, goes on by a millisecond a turn. */
export async function eventually(condition: () => unknown, clock?: ManualClock, stepMs = 1): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn === turnsMax) throw new Error(`it did not happen: ${condition}`);
    clock?.advance(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits for a promise while time goes on. */
export async function withTime<T>(promise: Promise<T>, clock: ManualClock, stepMs = 1): Promise<T> {
  let settled = false;
  const done = () => {
    settled = true;
  };
  promise.then(done, done);
  await eventually(() => settled, clock, stepMs);
  return await promise;
}

/** Lets everything happen that needs no time to pass: what is on its way over the loopback arrives. */
export async function settle(turns = 200): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Everything that an iterator gives until it ends. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
