import { CallChannel, callTemplate, type GrpcStream, StreamConnection } from "../load/grpc.ts";
import { closedLoop } from "../load/loops.ts";
import { field, hasField } from "./protobuf.ts";
import { connectionsForStreams, inParallel, type Sessions, type Spread, type Watching } from "./streams.ts";

/** Fields of a WatchResponse. */
const created = 3;
const events = 11;

export async function etcdWatching(port: number, key: string, spread: Spread): Promise<Watching> {
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
  const request = field(1, field(1, key));
  await inParallel(streams, 100, async (i) => {
    const ready = Promise.withResolvers<void>();
    let adds = 0;
    const connection = connections[i % connections.length]!;
    const stream = connection.openStream("/etcdserverpb.Watch/Watch", {
      message(message) {
        if (hasField(message, created) && ++adds === watchesEach) ready.resolve();
        if (!hasField(message, events)) return;
        // A message for each watch.
        told++;
        watching.onTold();
      },
      ended: () => ready.reject(new Error("a watch stream ended")),
    });
    for (let watch = 0; watch < watchesEach; watch++) stream.send(request);
    connection.flush();
    await ready.promise;
  });
  return watching;
}

/** Leases of 40 s, kept alive on a hundred streams. */
export async function etcdLeases(port: number, count: number): Promise<Sessions> {
  const ttlSeconds = 40;
  const channel = await CallChannel.open(port);
  const granted = await closedLoop({
    channels: [channel],
    inFlight: Math.min(256, count),
    operations: count,
    requests: (n) => [
      callTemplate("/etcdserverpb.Lease/LeaseGrant", Buffer.concat([field(1, ttlSeconds), field(2, n + 1)])),
      0,
    ],
  });
  channel.close();
  if (granted.failures > 0) throw new Error(`${granted.failures} leases were refused`);
  let answers = 0;
  const streams: { connection: StreamConnection; stream: GrpcStream }[] = [];
  for (let i = 0; i < Math.min(connectionsForStreams, count); i++) {
    const connection = await StreamConnection.open(port);
    const message = () => {
      answers++;
    };
    streams.push({
      connection,
      stream: connection.openStream("/etcdserverpb.Lease/LeaseKeepAlive", { message, ended: () => {} }),
    });
  }
  return {
    beat(from, to) {
      for (let i = from; i < to; i++) streams[i % streams.length]!.stream.send(field(1, i + 1));
      for (const { connection } of streams) connection.flush();
    },
    answers: () => answers,
    close: () => close(streams.map(({ connection }) => connection)),
  };
}

function close(connections: readonly StreamConnection[]): void {
  for (const connection of connections) connection.close();
}
