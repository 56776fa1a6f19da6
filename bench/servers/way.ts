import type { Channel } from "../load/channel.ts";
import { closedLoop, type Requests } from "../load/loops.ts";
import type { Template } from "../load/template.ts";

/** What every server is asked in its own protocol. Templates take a number; those of reads and sets repeat `nodes` of them. */
export interface Templates {
  create(prefix: string): Template;
  read(prefix: string, nodes: number): Template;
  set(prefix: string, nodes: number): Template;
}

/** A way to call: unary calls, or the server's fast path. */
export interface Way {
  readonly templates: Templates;
  /** How many connections the load is spread over. */
  readonly connections: number;
  open(): Promise<Channel>;
}

/** Opens the channels of a way for the time of some work. */
export async function withChannels<T>(way: Way, work: (channels: Channel[]) => Promise<T>): Promise<T> {
  const channels: Channel[] = [];
  try {
    for (let i = 0; i < way.connections; i++) channels.push(await way.open());
    return await work(channels);
  } finally {
    for (const channel of channels) channel.close();
  }
}

/** So many requests, for set-up. @throws Error when the server refuses one */
export async function sendAll(way: Way, operations: number, requests: Requests): Promise<void> {
  const { failures } = await withChannels(way, (channels) =>
    closedLoop({ channels, inFlight: 64, operations, requests }),
  );
  if (failures > 0) throw new Error(`${failures} of ${operations} requests were refused`);
}

/** One request, answered. @throws Error when the server refuses it */
export function ask(channel: Channel, template: Template): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.failed = reject;
    channel.answered = (_, ok) => (ok ? resolve() : reject(new Error("refused")));
    channel.send(template, 0, 0);
    channel.flush();
  });
}
