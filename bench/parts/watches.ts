import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { CreateRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { type WatchAdd, WatchKind, WatchRequestSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import { callTemplate, type GrpcStream, StreamConnection } from "../load/grpc.ts";
import { numberMark, type Template } from "../load/template.ts";
import { corralMethod } from "../servers/corral.ts";
import { inParallel } from "../servers/streams.ts";
import { load } from "./load.ts";
import { ServerProcess } from "./server-process.ts";

type Add = Partial<Pick<WatchAdd, "watchId" | "path" | "kind" | "withData">>;

/** A watch stream that counts its messages. */
class CountedWatch {
  messages = 0;
  readonly #connection: StreamConnection;
  readonly #stream: GrpcStream;
  #waiting: { messages: number; resolve: () => void } | undefined;

  static async open({ started: { port } }: ServerProcess): Promise<CountedWatch> {
    return new CountedWatch(await StreamConnection.open(port));
  }

  private constructor(connection: StreamConnection) {
    this.#connection = connection;
    this.#stream = connection.openStream(corralMethod("Watch"), {
      message: () => {
        this.messages++;
        if (this.#waiting !== undefined && this.messages >= this.#waiting.messages) this.#waiting.resolve();
      },
      ended: () => {},
    });
  }

  /** Sends watches to add; resolves when something has come since. */
  async add(add: readonly Add[]): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#waiting = { messages: this.messages + 1, resolve };
    });
    this.#stream.send(toBinary(WatchRequestSchema, create(WatchRequestSchema, { add: [...add] })));
    this.#connection.flush();
    await answered;
  }

  /** Resolves when nothing has come for a while: for set-up, not for figures. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.messages; ) {
      before = this.messages;
      await sleep(50);
    }
  }

  close(): void {
    this.#connection.close();
  }
}

/** Watches: what a million weigh, and what they cost everybody else. */
export async function watches(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(dataDir);
  const rows = [...(await writersUnderWatches(server)), ...(await million(server))];
  await server.stop();
  return rows;
}

/** Durable creates with no watch, with watches on everything, and with none again: their CPU and their rate. */
async function writersUnderWatches(server: ServerProcess) {
  const rows: object[] = [];
  for (const [round_, recursive] of [0, 0, 1, 10, 0, 1, 10, 0].entries()) {
    const parent = `/writes-${round_}`;
    await load(server, createCall(parent), { inFlight: 1, calls: 1 });
    const watches = await inParallel(recursive, 1, () => CountedWatch.open(server));
    for (const watch of watches) await watch.add([{ watchId: 1n, path: "/" }]);
    await server.counts();
    const created = createCall(`${parent}/node-${numberMark}`);
    const { operations, seconds } = await load(server, created, { inFlight: 64, calls: 20_000 });
    const counts = await server.counts();
    for (const watch of watches) watch.close();
    if (round_ === 0) continue; // Cold.
    rows.push({
      what: `creates, 64 in flight, with ${recursive} recursive watches on /`,
      "per second": Math.round(operations / seconds),
      "server CPU us/op": round((counts.cpuSeconds * 1e6) / operations),
      "longest loop stall ms": round(counts.loopStallMaxMs),
    });
  }
  return rows;
}

/** A million watches, each on a path of its own. */
async function million(server: ServerProcess) {
  const streams = await inParallel(100, 10, () => CountedWatch.open(server));
  for (const stream of streams) await stream.add([{ watchId: 0n, path: "/" }]);
  const before = await server.heapBytes();
  await server.counts();
  for (let hundred = 0; hundred < 100; hundred++) {
    const adds = (stream: number) =>
      Array.from({ length: 100 }, (_, i) => {
        const watchId = hundred * 100 + i + 1;
        const path = `/service-${stream}/instance-${String(watchId).padStart(6, "0")}`;
        return { watchId: BigInt(watchId), path, kind: WatchKind.EXISTS };
      });
    await Promise.all(streams.map((stream, i) => stream.add(adds(i))));
  }
  await streams.at(-1)!.quiet();
  const held = await server.counts();
  const heapBytes = await server.heapBytes();
  await server.counts();
  for (const stream of streams) stream.close();
  await sleep(3_000);
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

function createCall(path: string): Template {
  const request = create(CreateRequestSchema, { path, data: Buffer.alloc(100, "x") });
  return callTemplate(corralMethod("Create"), toBinary(CreateRequestSchema, request));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
