import { describe, expect, onTestFinished, test } from "vitest";
import { MemoryBudget, type MemoryHolder } from "../../src/engine/memory-budget.ts";
import {
  memoryLookIntervalMs,
  memoryLookSlice,
  memoryTargetRatio,
  shedsPerLookMax,
} from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { WatchReader } from "../support/watch-reader.ts";

const bytesMax = 1_000_000;

/** A client that is given bytes, and reads some. */
class Client implements MemoryHolder {
  readonly peer: string;
  heldBytes = 0;
  movedBytes = 0;
  shedCount = 0;

  constructor(peer: string, heldBytes = 0) {
    this.peer = peer;
    this.heldBytes = heldBytes;
  }

  get waitingBytes(): number {
    return this.heldBytes;
  }

  read(bytes: number): void {
    this.heldBytes -= bytes;
    this.movedBytes += bytes;
  }

  shed(): void {
    this.shedCount++;
    this.heldBytes = 0;
  }
}

function budget(): {
  clock: ManualClock;
  memory: MemoryBudget;
  clients: Client[];
  shed: string[];
  total: () => number;
} {
  const clock = new ManualClock();
  const shed: string[] = [];
  const memory = new MemoryBudget({ bytesMax, clock, onShed: ({ peer }) => shed.push(peer) });
  onTestFinished(() => memory.stop());
  const clients: Client[] = [];
  memory.add("connection", clients);
  const total = () => clients.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  return { clock, memory, clients, shed, total };
}

describe("beyond the budget", () => {
  test("the largest holder is shed, and nobody else", () => {
    const { clock, memory, clients, shed, total } = budget();
    clients.push(new Client("a", 200_000), new Client("b", 500_000), new Client("c", 300_000));
    clock.advance(memoryLookIntervalMs);
    expect(shed).toEqual([]);
    expect(memory.heldBytes).toBe(bytesMax);
    clients[0]!.heldBytes++;
    clock.advance(memoryLookIntervalMs);
    expect(shed).toEqual(["b"]);
    expect(memory.shedCounts.get("connection")).toBe(1);
    clock.advance(10 * memoryLookIntervalMs);
    expect(shed).toEqual(["b"]);
    expect(total()).toBeLessThanOrEqual(bytesMax * memoryTargetRatio);
  });

  test("a client that reads is not shed while others do not, however much it is given", () => {
    const { clock, clients, shed } = budget();
    const reader = new Client("reader", 800_000);
    const silent = Array.from({ length: 5 }, (_, i) => new Client(`silent-${i}`, 10_000));
    clients.push(reader, ...silent);
    for (let second = 0; second < 10; second++) {
      clock.advance(memoryLookIntervalMs);
      reader.read(800_000);
      reader.heldBytes += 800_000;
      for (const client of silent) client.heldBytes += 10_000;
    }
    expect(shed.length).toBeGreaterThan(0);
    expect(shed).not.toContain("reader");
  });

  test("a client that reads a byte a second does not read", () => {
    const { clock, clients, shed } = budget();
    const reader = new Client("reader", 600_000);
    const dripping = new Client("dripping", 500_000);
    clients.push(reader, dripping);
    clock.advance(memoryLookIntervalMs - 1);
    expect(shed).toEqual([]);
    reader.heldBytes = 400_000;
    for (let second = 0; second < 3; second++) {
      clock.advance(memoryLookIntervalMs);
      dripping.read(1);
      reader.read(400_000);
      reader.heldBytes += 600_000;
    }
    expect(shed).toEqual(["dripping"]);
  });

  test("as many are shed as it takes, some in each turn, down to nine tenths", async () => {
    const { clock, clients, shed, total } = budget();
    const each = 2_000;
    for (let i = 0; i < 1_000; i++) clients.push(new Client(`${i}`, each));
    clock.advance(memoryLookIntervalMs);
    expect(shed).toHaveLength(shedsPerLookMax);
    await settle();
    expect(total()).toBe(bytesMax * memoryTargetRatio);
    expect(clients.every(({ shedCount }) => shedCount <= 1)).toBe(true);
  });

  test("a holder that is slow to go is neither counted nor shed again", () => {
    const { clock, memory, clients, shed } = budget();
    const stubborn = new Client("stubborn", 900_000);
    stubborn.shed = () => {};
    clients.push(stubborn, new Client("other", 200_000));
    clock.advance(3 * memoryLookIntervalMs);
    expect(shed).toEqual(["stubborn"]);
    expect(memory.heldBytes).toBe(200_000);
  });
});

test("what clients are given at once is looked at once the caller is done, before another socket is read", async () => {
  const { memory, clients, shed } = budget();
  clients.push(new Client("small", 100_000), new Client("large", 950_000));
  memory.grew(bytesMax);
  await settle();
  expect(shed).toEqual([]);
  memory.grew(1);
  expect(shed).toEqual([]);
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(shed).toEqual(["large"]);
});

test("very many holders are looked at a slice at a time", async () => {
  const { clock, memory, clients } = budget();
  for (let i = 0; i < 2 * memoryLookSlice + 1; i++) clients.push(new Client(`${i}`, 1));
  clock.advance(memoryLookIntervalMs);
  expect(memory.heldBytes).toBe(0);
  await settle();
  expect(memory.heldBytes).toBe(clients.length);
});

describe("with an engine", () => {
  /** Its watch streams and scans, and a budget for them. */
  async function engineWithBudget(): Promise<{ server: TestEngine; shed: string[] }> {
    const server = await TestEngine.start();
    const shed: string[] = [];
    const onShed = ({ kind, peer }: { kind: string; peer: string }) => shed.push(`${kind} ${peer}`);
    const memory = new MemoryBudget({ bytesMax, clock: server.clock, onShed });
    onTestFinished(() => memory.stop());
    memory.add("watch", server.engine.watches.streams);
    memory.add("scan", server.engine.scans.holders);
    return { server, shed };
  }

  test("a watch stream that is not read ends with WATCHER_TOO_SLOW and from where to go on; its neighbour goes on", async () => {
    const { server, shed } = await engineWithBudget();
    await server.create("/a");
    const slow = new WatchReader(server);
    const quick = new WatchReader(server);
    for (const reader of [slow, quick]) reader.add(1, "persistent", "/a", { withData: true });
    await settle();
    slow.pause();
    for (let i = 0; i < 12; i++) {
      await server.set("/a", "x".repeat(100_000));
      server.clock.advance(memoryLookIntervalMs);
    }
    expect(slow.ended).toMatchObject({
      reason: "WATCHER_TOO_SLOW",
      message: expect.stringContaining("watch again after zxid 2"),
      facts: { limit: bytesMax, last_zxid: 2 },
    });
    expect(shed).toHaveLength(1);
    expect(quick.ended).toBeUndefined();
    expect(quick.events).toHaveLength(12);
  });

  test("a scan for which too much is kept ends with SCAN_TOO_SLOW, and the one beside it goes on", async () => {
    const { server, shed } = await engineWithBudget();
    for (const path of ["/a", "/b"]) {
      await server.create(path);
      for (let i = 0; i < 6; i++) {
        await server.create(`${path}/${i}`);
        await server.set(`${path}/${i}`, "x".repeat(100_000));
      }
    }
    const cut: string[] = [];
    const open = (path: string, address: string) =>
      server.engine.scans.open(path, { withData: true, identities: [], address }, ({ reason, facts }) =>
        cut.push(`${address} ${reason} ${facts?.["limit"]}`),
      );
    const all = open("/", "10.0.0.1");
    const part = open("/b", "10.0.0.2");
    for (const path of ["/a", "/b"]) for (let i = 0; i < 6; i++) await server.set(`${path}/${i}`);
    server.clock.advance(memoryLookIntervalMs);
    expect(cut).toEqual([`10.0.0.1 SCAN_TOO_SLOW ${bytesMax}`]);
    expect(shed).toEqual(["scan 10.0.0.1"]);
    expect(all.next()).toBeUndefined();
    expect(part.next()).not.toBeUndefined();
    part.close();
  });
});
