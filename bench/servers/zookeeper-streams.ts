import { ZkChannel, zkRequests } from "../load/zookeeper.ts";
import { inParallel, type Sessions, type Watching } from "./streams.ts";
import { ask } from "./way.ts";

/** A quarter of the timeout of a session. */
const pingIntervalMs = 10_000;

/** Watches on connections of their own: of one connection, all watches of a node are one to ZooKeeper. */
export async function zkWatching(port: number, path: string, watches: number): Promise<Watching> {
  let told = 0;
  const channels = await inParallel(watches, 256, async () => {
    const channel = await ZkChannel.open(port);
    await ask(channel, zkRequests.watch(path));
    channel.event = () => {
      told++;
      watching.onTold();
    };
    return channel;
  });
  // Without a sign of life, the sessions would end while other servers have their turn.
  const pings = setInterval(() => {
    for (const channel of channels) {
      channel.ping();
      channel.flush();
    }
  }, pingIntervalMs);
  const watching: Watching = {
    told: () => told,
    onTold: () => {},
    close() {
      clearInterval(pings);
      close(channels);
    },
  };
  return watching;
}

/** Sessions with a timeout of 40 s, a connection each. */
export async function zkSessions(port: number, count: number): Promise<Sessions> {
  let answers = 0;
  const channels = await inParallel(count, 256, () => ZkChannel.open(port, 40_000));
  for (const channel of channels)
    channel.answered = () => {
      answers++;
    };
  return {
    beat(from, to) {
      for (let i = from; i < to; i++) {
        channels[i]!.ping();
        channels[i]!.flush();
      }
    },
    answers: () => answers,
    close: () => close(channels),
  };
}

function close(channels: readonly ZkChannel[]): void {
  for (const channel of channels) channel.close();
}
