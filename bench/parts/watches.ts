import http2 from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { CreateRequestSchema, SetRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { type WatchAdd, WatchKind, WatchRequestSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import { frame, load } from "./h2-load.ts";
import { ServerProcess } from "./server-process.ts";

type Add = Partial<Pick<WatchAdd, "watchId" | "path" | "kind" | "withData">>;

/** A watch stream over bare HTTP/2 that counts what it is sent, so that it costs little more than its sockets. */
class BareWatch {
  bytes = 0;
  #waiting: { bytes: number; resolve: () => void } | undefined;
  readonly #stream: http2.ClientHttp2Stream;

  constructor(session: http2.ClientHttp2Session) {
    this.#stream = session.request({
      ":method": "POST",
      ":path": "/corral.v1.Coordination/Watch",
      "content-type": "application/grpc",
      te: "trailers",
    });
    this.#stream.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length;
      if (this.#waiting !== undefined && this.bytes >= this.#waiting.bytes) this.#waiting.resolve();
    });
  }

  send(add: readonly Add[]): void {
    this.#stream.write(frame(toBinary(WatchRequestSchema, create(WatchRequestSchema, { add: [...add] }))));
  }

  /** Resolves when this many bytes have come in all. */
  until(bytes: number): Promise<void> {
    if (this.bytes >= bytes) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { bytes, resolve };
    });
  }

  /** Resolves when nothing has come for a while: for set-up, not for figures. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.bytes; ) {
      before = this.bytes;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Watches: how fast one change reaches ten thousand, what a million weigh, and what they cost everybody else. */
export async function watches(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(dataDir);
  const rows = [
    ...(await fanOut(server, { connections: 100, streamsEach: 1, watchesEach: 100 })),
    ...(await fanOut(server, { connections: 100, streamsEach: 100, watchesEach: 1 })),
    ...(await writersUnderWatches(server)),
    ...(await million(server)),
  ];
  await server.stop();
  return rows;
}

interface Shape {
  readonly connections: number;
  readonly streamsEach: number;
  readonly watchesEach: number;
}

/** One change at a time to a node that 10,000 watches are on: until the last of them has been told. */
async function fanOut(server: ServerProcess, { connections, streamsEach, watchesEach }: Shape) {
  const path = `/fan-${streamsEach}`;
  await createNode(server, path);
  const sessions = Array.from({ length: connections }, () => http2.connect(`http://${server.address}`));
  const streams = sessions.flatMap((session) =>
    Array.from({ length: streamsEach }, () => new BareWatch(session)),
  );
  for (const stream of streams) {
    stream.send(
      Array.from({ length: watchesEach }, (_, i) => ({
        watchId: BigInt(i + 1),
        path,
        kind: WatchKind.PERSISTENT,
      })),
    );
  }
  await Promise.all(streams.map((stream) => stream.until(1)));
  await streams.at(-1)!.quiet();
  const set = frame(toBinary(SetRequestSchema, create(SetRequestSchema, { path })));
  const timesMs: number[] = [];
  const told = async () => {
    const marks = streams.map((stream) => stream.until(stream.bytes + 1));
    const startMs = performance.now();
    await load({ address: server.address, method: "Set", frames: [set], inFlight: 1, connections: 1 });
    await Promise.all(marks);
    timesMs.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, 100));
  };
  for (let i = 0; i < 5; i++) await told();
  timesMs.length = 0;
  await server.counts();
  for (let i = 0; i < 20; i++) await told();
  const counts = await server.counts();
  for (const session of sessions) session.destroy();
  timesMs.sort((a, b) => a - b);
  return [
    {
      what: `1 change to ${connections * streamsEach * watchesEach} watches on ${streams.length} streams of ${connections} connections`,
      "median ms": round(timesMs[10]!),
      "max ms": round(timesMs.at(-1)!),
      "server CPU ms": round((counts.cpuSeconds * 1_000) / 20),
      "longest loop stall ms": round(counts.loopStallMaxMs),
    },
  ];
}

/** Durable creates with no watch, with watches on everything, and with none again: their CPU and their rate. */
async function writersUnderWatches(server: ServerProcess) {
  const rows: object[] = [];
  for (const [round_, recursive] of [0, 0, 1, 10, 0, 1, 10, 0].entries()) {
    const parent = `/writes-${round_}`;
    await createNode(server, parent);
    const sessions = Array.from({ length: recursive }, () => http2.connect(`http://${server.address}`));
    const streams = sessions.map((session) => new BareWatch(session));
    for (const stream of streams) stream.send([{ watchId: 1n, path: "/" }]);
    await Promise.all(streams.map((stream) => stream.until(1)));
    const frames = Array.from({ length: 20_000 }, (_, i) => createFrame(`${parent}/node-${i}`));
    await server.counts();
    const result = await load({
      address: server.address,
      method: "Create",
      frames,
      inFlight: 64,
      connections: 4,
    });
    const counts = await server.counts();
    for (const session of sessions) session.destroy();
    if (round_ === 0) continue; // Cold.
    rows.push({
      what: `creates, 64 in flight, with ${recursive} recursive watches on /`,
      "per second": Math.round(result.perSecond),
      "server CPU us/op": round((counts.cpuSeconds * 1e6) / result.calls),
      "longest loop stall ms": round(counts.loopStallMaxMs),
    });
  }
  return rows;
}

/** A million watches, each on a path of its own. */
async function million(server: ServerProcess) {
  const sessions = Array.from({ length: 100 }, () => http2.connect(`http://${server.address}`));
  const streams = sessions.map((session) => new BareWatch(session));
  for (const stream of streams) stream.send([{ watchId: 0n, path: "/" }]);
  await Promise.all(streams.map((stream) => stream.until(1)));
  const before = await server.heapBytes();
  await server.counts();
  for (let hundred = 0; hundred < 100; hundred++) {
    await Promise.all(
      streams.map(async (stream, s) => {
        const bytes = stream.bytes;
        stream.send(
          Array.from({ length: 100 }, (_, i) => {
            const watchId = hundred * 100 + i + 1;
            const path = `/service-${s}/instance-${String(watchId).padStart(6, "0")}`;
            return { watchId: BigInt(watchId), path, kind: WatchKind.EXISTS };
          }),
        );
        await stream.until(bytes + 1);
      }),
    );
  }
  await streams.at(-1)!.quiet();
  const held = await server.counts();
  const heapBytes = await server.heapBytes();
  await server.counts();
  for (const session of sessions) session.destroy();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const after = await server.counts();
  return [
    {
      what: "1,000,000 watches on 100 streams, each on its own path",
      "bytes each": Math.round((heapBytes - before) / 1e6),
      "server CPU us/op": round(held.cpuSeconds),
      "longest loop stall ms": round(held.loopStallMaxMs),
    },
    { what: "their streams end", "longest loop stall ms": round(after.loopStallMaxMs) },
  ];
}

async function createNode(server: ServerProcess, path: string): Promise<void> {
  const frames = [createFrame(path)];
  await load({ address: server.address, method: "Create", frames, inFlight: 1, connections: 1 });
}

function createFrame(path: string): Buffer {
  const data = Buffer.alloc(100, "x");
  return frame(toBinary(CreateRequestSchema, create(CreateRequestSchema, { path, data })));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
