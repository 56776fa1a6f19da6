import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { KeepAliveRequestSchema } from "../../gen/ts/corral/v1/session_pb.js";
import { WatchKind, WatchRequestSchema, WatchResponseSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import { type GrpcStream, StreamConnection } from "../load/grpc.ts";
import { hasField } from "./protobuf.ts";
import { connectionsForStreams, inParallel, type Sessions, type Spread, type Watching } from "./streams.ts";

const service = "/corral.v1.Coordination";
const added = 1;
const events = 2;

export async function corralWatching(port: number, path: string, spread: Spread): Promise<Watching> {
  const { streams, watchesEach } = spread;
  const connections = await inParallel(Math.min(connectionsForStreams, streams), 10, () =>
    StreamConnection.open(port),
  );
  let told = 0;
  const watching: Watching = {
    told: () => told,
    onTold: () => {},
    close: () => close(connections),
  };
  const add = Array.from({ length: watchesEach }, (_, i) => ({
    watchId: BigInt(i + 1),
    path,
    kind: WatchKind.PERSISTENT,
  }));
  const request = toBinary(WatchRequestSchema, create(WatchRequestSchema, { add }));
  await inParallel(streams, 100, async (i) => {
    const ready = Promise.withResolvers<void>();
    let adds = 0;
    const connection = connections[i % connections.length]!;
    const stream = connection.openStream(`${service}/Watch`, {
      message(message) {
        if (hasField(message, added)) {
          adds += fromBinary(WatchResponseSchema, message).added.length;
          if (adds === watchesEach) ready.resolve();
        }
        if (!hasField(message, events)) return;
        // One event names all the watches of its stream.
        told += watchesEach;
        watching.onTold();
      },
      ended: () => ready.reject(new Error("a watch stream ended")),
    });
    stream.send(request);
    connection.flush();
    await ready.promise;
  });
  return watching;
}

/** Sessions with a timeout of 40 s, each with the stream that holds it. */
export async function corralSessions(port: number, count: number): Promise<Sessions> {
  const connections = await inParallel(Math.min(connectionsForStreams, count), 10, () =>
    StreamConnection.open(port),
  );
  let answers = 0;
  const open = toBinary(KeepAliveRequestSchema, create(KeepAliveRequestSchema, { timeoutMs: 40_000 }));
  const streams = await inParallel(count, 256, async (i): Promise<GrpcStream> => {
    const opened = Promise.withResolvers<void>();
    const connection = connections[i % connections.length]!;
    const stream = connection.openStream(`${service}/KeepAlive`, {
      message() {
        answers++;
        opened.resolve();
      },
      ended: () => opened.reject(new Error("a session's stream ended")),
    });
    stream.send(open);
    connection.flush();
    await opened.promise;
    return stream;
  });
  answers = 0;
  const heartbeat = new Uint8Array(0);
  return {
    beat(from, to) {
      for (let i = from; i < to; i++) streams[i]!.send(heartbeat);
      for (const connection of connections) connection.flush();
    },
    answers: () => answers,
    close: () => close(connections),
  };
}

function close(connections: readonly StreamConnection[]): void {
  for (const connection of connections) connection.close();
}
