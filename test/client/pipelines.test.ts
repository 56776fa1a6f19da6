// What goes on a pipeline, and what becomes of it when that is of no use.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  status as codes,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { ExistsResponseSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { PipelineRequestSchema, PipelineResponseSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { systemClock } from "../../src/client/clock.ts";
import type { CorralError } from "../../src/client/index.ts";
import {
  callsInFlightMax,
  connectTimeoutMs,
  pipelineAgeMsMax,
  pipelinedBytesMax,
  pipelineFromDefault,
  pipelineIdleMs,
  unaryCallsMax,
} from "../../src/client/limits.ts";
import { Link } from "../../src/client/link.ts";
import { connectClient, eventually, settle, withTime } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { definitionOf } from "../support/grpc-definition.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

type Unary = ServerUnaryCall<Uint8Array, Uint8Array>;
type Duplex = ServerDuplexStream<Uint8Array, Uint8Array>;
type Answer = (call: Duplex, operations: number) => void;

/** A server that knows Exists, or nothing else but how the test wants a Pipeline to behave. */
class ForeignServer {
  /** Operations of each message, stream by stream. */
  readonly streams: { readonly call: Duplex; readonly messages: number[]; over: boolean }[] = [];
  unary = 0;
  unaryNow = 0;
  unaryMost = 0;
  /** Answers that wait for `release`; undefined for none. */
  held: (() => void)[] | undefined;
  endpoint = "";

  static async start(answer?: Answer): Promise<ForeignServer> {
    const foreign = new ForeignServer();
    const { exists, pipeline } = Coordination.method;
    const server = new Server();
    server.addService(
      {
        exists: definitionOf(Coordination, exists),
        ...(answer && { pipeline: definitionOf(Coordination, pipeline) }),
      },
      {
        exists: (_: Unary, respond: sendUnaryData<Uint8Array>) => foreign.#exists(respond),
        pipeline: (call: Duplex) => foreign.#pipeline(call, answer!),
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    onTestFinished(() => server.forceShutdown());
    foreign.endpoint = `127.0.0.1:${port}`;
    return foreign;
  }

  get messages(): number[] {
    return this.streams.flatMap(({ messages }) => messages);
  }

  release(): void {
    const { held = [] } = this;
    this.held = undefined;
    for (const answer of held) answer();
  }

  #exists(respond: sendUnaryData<Uint8Array>): void {
    this.unary++;
    this.unaryMost = Math.max(this.unaryMost, ++this.unaryNow);
    const answer = () => {
      this.unaryNow--;
      respond(null, toBinary(ExistsResponseSchema, create(ExistsResponseSchema, { zxid: 1n })));
    };
    if (this.held === undefined) answer();
    else this.held.push(answer);
  }

  #pipeline(call: Duplex, answer: Answer): void {
    const stream = { call, messages: [] as number[], over: false };
    this.streams.push(stream);
    call.on("data", (bytes: Uint8Array) => {
      const { operations } = fromBinary(PipelineRequestSchema, bytes);
      stream.messages.push(operations.length);
      answer(call, operations.length);
    });
    call.on("cancelled", () => {
      stream.over = true;
    });
  }
}

const existing: Answer = (call, operations) =>
  results(call, operations, { case: "exists", value: { zxid: 2n } });

function results(call: Duplex, count: number, result: object): void {
  const response = create(PipelineResponseSchema, { results: Array(count).fill({ result }) });
  call.write(toBinary(PipelineResponseSchema, response));
}

function fail(call: Duplex, code: codes): void {
  call.emit("error", { code, details: "not here", metadata: new Metadata() });
}

describe("of calls made together", () => {
  let server: ForeignServer;

  beforeEach(async () => {
    server = await ForeignServer.start(existing);
  });

  /** The zxid tells which way a call went. */
  async function ways(count: number, options: object = {}): Promise<number[]> {
    const { client, clock } = await connectClient(server.endpoint, { sessionTimeoutMs: false, ...options });
    const looks = await withTime(Promise.all(Array.from({ length: count }, () => client.look("/a"))), clock);
    return looks.map(({ zxid }) => zxid);
  }

  test("a few are calls of their own", async () => {
    expect(new Set(await ways(pipelineFromDefault))).toEqual(new Set([1]));
    expect(server.streams).toEqual([]);
  });

  test("those beyond a few share a stream, and messages", async () => {
    const zxids = await ways(pipelineFromDefault + 200);
    expect(zxids.slice(0, pipelineFromDefault)).toEqual(Array(pipelineFromDefault).fill(1));
    expect(zxids.slice(pipelineFromDefault)).toEqual(Array(200).fill(2));
    expect(server.messages).toEqual([200]);
  });

  test("all or none do, when it is so wanted", async () => {
    expect(await ways(1, { pipelineFrom: 0 })).toEqual([2]);
    expect(new Set(await ways(500, { pipelineFrom: Number.POSITIVE_INFINITY }))).toEqual(new Set([1]));
  });

  test("a large one is a call of its own", async () => {
    const { client } = await connectClient(server.endpoint, { sessionTimeoutMs: false, pipelineFrom: 0 });
    expect((await client.look(`/${"a".repeat(pipelinedBytesMax)}`)).zxid).toBe(1);
    expect((await client.look("/a")).zxid).toBe(2);
  });

  test("that are calls of their own, only so many are on their way", async () => {
    server.held = [];
    const all = ways(callsInFlightMax, { pipelineFrom: Number.POSITIVE_INFINITY });
    await eventually(() => server.held?.length === unaryCallsMax);
    await settle(20);
    expect(server.unaryNow).toBe(unaryCallsMax);
    server.release();
    await all;
    expect(server.unaryMost).toBe(unaryCallsMax);
  });
});

test("a link that is given up ends the calls on it, and makes none that waited", async () => {
  const server = await ForeignServer.start();
  server.held = [];
  const link = new Link(server.endpoint, {
    credentials: credentials.createInsecure(),
    authorization: undefined,
    clock: systemClock,
    pipelineFrom: 0,
  });
  await link.connect(connectTimeoutMs);
  const { signal } = new AbortController();
  const calls = Array.from({ length: unaryCallsMax + 1 }, () =>
    link.call(Coordination.method.exists, { path: "/a" }, { signal }),
  );
  const outcomes = Promise.allSettled(calls);
  await eventually(() => server.held?.length === unaryCallsMax);
  link.close();
  server.release();
  const failed = (await outcomes).filter(({ status }) => status === "rejected");
  expect(failed).toMatchObject([{ reason: { reason: "CONNECTION_LOST" } }]);
});

describe("a stream", () => {
  test("that is idle is ended, and another one is opened when it is needed", async () => {
    const server = await ForeignServer.start(existing);
    const { client, clock } = await connectClient(server.endpoint, {
      sessionTimeoutMs: false,
      pipelineFrom: 0,
    });
    await client.look("/a");
    clock.advance(pipelineIdleMs);
    await settle(20);
    expect(server.streams.map(({ over }) => over)).toEqual([false]);
    clock.advance(pipelineIdleMs);
    await eventually(() => server.streams[0]!.over);
    expect(clock.pendingTimers).toBe(0);
    expect((await client.look("/a")).zxid).toBe(2);
    expect(server.streams).toHaveLength(2);
  });

  test("that was given nothing to answer, since its only caller gave up, is no worse for that", async () => {
    const server = await ForeignServer.start(existing);
    const { client, clock } = await connectClient(server.endpoint, {
      sessionTimeoutMs: false,
      pipelineFrom: 0,
    });
    const given = new AbortController();
    const look = client.look("/a", given);
    await Promise.resolve();
    given.abort(new Error("enough"));
    await expect(look).rejects.toThrow("enough");
    await settle(20);
    clock.advance(connectTimeoutMs);
    expect(server.messages).toEqual([]);
    expect((await client.look("/a")).zxid).toBe(2);
  });

  test("that is not answered while this process stands still is given another chance", async () => {
    let answer = () => {};
    const server = await ForeignServer.start((call, operations) => {
      answer = () => existing(call, operations);
    });
    const { client, clock } = await connectClient(server.endpoint, {
      sessionTimeoutMs: false,
      pipelineFrom: 0,
    });
    const look = client.look("/a");
    await eventually(() => server.messages.length > 0);
    clock.stall(2 * connectTimeoutMs);
    answer();
    expect((await look).zxid).toBe(2);
  });

  test("that is old takes no more operations, so that credentials are looked at again", async () => {
    const server = await ForeignServer.start(existing);
    const { client, clock } = await connectClient(server.endpoint, {
      sessionTimeoutMs: false,
      pipelineFrom: 0,
    });
    for (let passedMs = 0; passedMs <= pipelineAgeMsMax; passedMs += pipelineIdleMs) {
      await client.look("/a");
      clock.advance(pipelineIdleMs);
    }
    expect(server.streams).toHaveLength(2);
    await eventually(() => server.streams[0]!.over);
  });

  test("acts for whom the client acts: authorize opens another", async () => {
    const server = await ForeignServer.start(existing);
    const { client } = await connectClient(server.endpoint, { sessionTimeoutMs: false, pipelineFrom: 0 });
    await client.look("/a");
    client.authorize("Bearer secret");
    await client.look("/a");
    expect(server.streams.map(({ call }) => call.metadata.get("authorization"))).toEqual([
      [],
      ["Bearer secret"],
    ]);
  });
});

describe("when a server", () => {
  const count = 300;

  async function looks(server: ForeignServer, waitMs = 0): Promise<void> {
    const { client, clock } = await connectClient(server.endpoint, { sessionTimeoutMs: false });
    for (let round = 1; round <= 2; round++) {
      const all = Promise.all(Array.from({ length: count }, () => client.look("/a")));
      if (waitMs > 0) {
        await settle();
        clock.advance(waitMs);
      }
      expect(new Set((await all).map(({ zxid }) => zxid))).toEqual(new Set([1]));
      expect(server.unary).toBe(round * count);
    }
  }

  test("does not know Pipeline, all are calls of their own", async () => {
    await looks(await ForeignServer.start());
  });

  test.each([codes.UNAVAILABLE, codes.INTERNAL, codes.UNKNOWN, codes.CANCELLED])(
    "or a proxy ends the stream with %s, all are calls of their own, and it is asked once",
    async (code) => {
      const server = await ForeignServer.start((call) => fail(call, code));
      await looks(server);
      expect(server.streams).toHaveLength(1);
    },
  );

  test("says nothing on the stream, all are calls of their own after a while", async () => {
    const server = await ForeignServer.start(() => {});
    await looks(server, connectTimeoutMs);
    expect(server.streams).toHaveLength(1);
    expect(server.streams[0]!.over).toBe(true);
  });

  test("answers something else than was asked, all are calls of their own", async () => {
    const server = await ForeignServer.start((call, operations) =>
      results(call, operations, { case: "sync", value: { zxid: 9n } }),
    );
    const { client } = await connectClient(server.endpoint, { sessionTimeoutMs: false, pipelineFrom: 0 });
    expect((await client.look("/a")).zxid).toBe(1);
    expect((await client.look("/a")).zxid).toBe(1);
    expect(server.streams).toHaveLength(1);
  });

  test("breaks a stream that worked, only what was on it is made as a call of its own", async () => {
    let breaking = false;
    const server = await ForeignServer.start((call, operations) =>
      breaking ? fail(call, codes.INTERNAL) : existing(call, operations),
    );
    const { client } = await connectClient(server.endpoint, { sessionTimeoutMs: false, pipelineFrom: 0 });
    expect((await client.look("/a")).zxid).toBe(2);
    breaking = true;
    expect((await client.look("/a")).zxid).toBe(1);
    breaking = false;
    expect((await client.look("/a")).zxid).toBe(2);
  });
});

describe("on a pipeline of a real server", () => {
  let journal: MemoryJournal;
  let server: TestServer;

  beforeEach(async () => {
    journal = new MemoryJournal();
    server = await startServer({ journal });
  });

  test("an operation that fails leaves the others alone, and fails as a call does", async () => {
    const { client } = await connectClient(server.address);
    await client.create("/a");
    const paths = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? `/no/${i}` : `/a/${i}`));
    const outcomes = await Promise.allSettled(paths.map((path) => client.create(path)));
    for (const [i, outcome] of outcomes.entries())
      expect(outcome).toMatchObject(
        i % 3 === 0
          ? { reason: { reason: "NO_NODE", code: "NOT_FOUND", path: "/no", outcomeUnknown: false } }
          : { value: { path: `/a/${i}` } },
      );
    expect(server.engine.tree.node("/a")!.numChildren).toBe(outcomes.filter((_, i) => i % 3 !== 0).length);
  });

  test("writes are done in the order in which they were asked for, and seen by every read after", async () => {
    const { client } = await connectClient(server.address, { pipelineFrom: 0 });
    const created = await Promise.all(
      Array.from({ length: 2 * callsInFlightMax }, () =>
        client.create("/n-", "", { mode: "persistentSequential" }),
      ),
    );
    const zxids = created.map(({ zxid }) => zxid);
    expect(zxids).toEqual(zxids.toSorted((a, b) => a - b));
    const read = await Promise.all(
      created.map(async ({ path }, i) => {
        await client.set(path, `${i}`);
        return (await client.get(path)).text;
      }),
    );
    expect(read).toEqual(created.map((_, i) => `${i}`));
  });

  test("those that a broken connection left without an answer, more than are made at once, find another", async () => {
    const proxy = await FaultProxy.start(server.port);
    const { client, clock } = await connectClient(proxy.address, {
      sessionTimeoutMs: false,
      pipelineFrom: 0,
    });
    await client.create("/a");
    journal.hold();
    const options = { mode: "persistentSequential" } as const;
    const writes = Array.from({ length: 3 * unaryCallsMax }, (_, i) =>
      client.create("/a/n-", `${i}`, options),
    );
    await journal.commitArrived();
    proxy.cut();
    await settle();
    journal.release();
    const paths = (await withTime(Promise.all(writes), clock)).map(({ path }) => path);
    expect(new Set(paths).size).toBe(writes.length);
    expect(server.engine.tree.node("/a")!.numChildren).toBe(writes.length);
  });

  test("reads wait for no write", async () => {
    const { client } = await connectClient(server.address, { sessionTimeoutMs: false, pipelineFrom: 0 });
    await client.create("/a", "20");
    journal.hold();
    const writing = client.set("/a", "30");
    await journal.commitArrived();
    expect((await client.get("/a")).text).toBe("20");
    journal.release();
    await writing;
  });

  test("a small value does not hold on to the message that it came in", async () => {
    const { client } = await connectClient(server.address, { sessionTimeoutMs: false, pipelineFrom: 0 });
    await client.create("/a", "20");
    const [first] = await Promise.all(Array.from({ length: 100 }, () => client.get("/a")));
    expect(first!.data.buffer.byteLength).toBeLessThan(200);
  });

  test("a write whose session ends before its answer is made again, and has the answer that is remembered", async () => {
    const { client, clock } = await connectClient(server.address, { pipelineFrom: 0 });
    await client.create("/a");
    journal.hold();
    const written = client.set("/a", "20", { session: client.session! });
    await journal.commitArrived();
    server.engine.submit({ op: "closeSession", sessionId: client.session!.id }, {});
    await settle(20);
    journal.release();
    expect(await withTime(written, clock)).toMatchObject({ stat: { version: 1 } });
    expect(server.engine.tree.node("/a")).toMatchObject({ version: 1 });
  });

  test("a write that has not left when its time is over was not done, and its error says so", async () => {
    const proxy = await FaultProxy.start(server.port);
    const { client, clock } = await connectClient(proxy.address, {
      sessionTimeoutMs: false,
      pipelineFrom: 0,
    });
    proxy.stall();
    // More than fits the buffers on the way: what is beyond them waits in the client.
    const data = Buffer.alloc(pipelinedBytesMax / 2);
    const options = { mode: "persistentSequential", timeoutMs: 1_000 } as const;
    const writes = Array.from({ length: callsInFlightMax }, () => client.create("/n-", data, options));
    const outcomes = Promise.allSettled(writes);
    await settle();
    clock.advance(1_000);
    const unknown = (await outcomes).filter(
      (outcome) => outcome.status === "rejected" && (outcome.reason as CorralError).outcomeUnknown,
    ).length;
    expect(unknown).toBeGreaterThan(0);
    expect(unknown).toBeLessThan(callsInFlightMax);
    proxy.resume();
    await settle();
    expect(server.engine.tree.node("/")!.numChildren - 1).toBeLessThanOrEqual(unknown);
  });
});
