import { closedLoop, type LoadResult, openLoop, type Requests } from "../load/loops.ts";
import { sendAll, type Way, withChannels } from "../servers/way.ts";
import { count, measured, type Subject, type Workload } from "./workload.ts";

/** Nodes that are there from the start, to be read and set. */
const seeds = 1_000;
const seedPrefix = "/bench/seed-";
const newPrefix = "/bench/new-";
/** Nodes that sets change: not those that are read, so that these have one version. */
const setPrefix = "/bench/set-";

/** Makes the nodes that the workloads below read and set. */
export async function seed({ server }: Subject): Promise<void> {
  await server.makeParents(["/bench"]);
  for (const prefix of [seedPrefix, setPrefix]) {
    const create = server.calls.templates.create(prefix);
    await sendAll(server.calls, seeds, (n) => [create, n]);
  }
}

/** Reads and writes by their share, evenly mixed: the n-th is a write when the shares before it fall behind. */
function mixed(subject: Subject, way: Way, writes: number): Requests {
  const read = way.templates.read(seedPrefix, seeds);
  const create = way.templates.create(newPrefix);
  return (n) =>
    Math.floor((n + 1) * writes) > Math.floor(n * writes) ? [create, subject.next++] : [read, n];
}

function sets(way: Way): Requests {
  const set = way.templates.set(setPrefix, seeds);
  return (n) => [set, n];
}

type Fast = "calls" | "pipeline";

function closed(name: string, by: Fast, inFlight: number, what: number | "set"): Workload {
  return {
    name: `${name}, ${count(inFlight)} in flight`,
    async run(subject, scale) {
      const { server } = subject;
      const way = server[by];
      if (way === undefined) return undefined;
      if (what === 0) await server.settle();
      return withChannels(way, (channels) =>
        measured(server, () => {
          const requests = what === "set" ? sets(way) : mixed(subject, way, what);
          return closedLoop({ channels, inFlight, seconds: scale.seconds, requests });
        }),
      );
    },
  };
}

function atRate(name: string, perSecond: number, writes: number): Workload {
  return {
    name: `${name}, ${count(perSecond)} a second`,
    async run(subject, scale) {
      const { server } = subject;
      if (writes === 0) await server.settle();
      return withChannels(server.calls, (channels) =>
        measured(server, () => {
          const requests = mixed(subject, server.calls, writes);
          return openLoop({ channels, perSecond, seconds: scale.seconds, requests });
        }),
      );
    },
  };
}

/** Reads at a fixed rate while somebody else writes 10,000 times a second. The figures are those of the reads. */
const readsUnderWrites: Workload = {
  name: "reads, 1,000 a second, under 10,000 durable creates a second",
  async run(subject, { seconds }) {
    const { server } = subject;
    const writer = server.pipeline ?? server.calls;
    const reads: Requests = mixed(subject, server.calls, 0);
    const writes: Requests = mixed(subject, writer, 1);
    return withChannels(writer, (writers) =>
      withChannels(server.calls, async (readers) => {
        const writing = () => openLoop({ channels: writers, perSecond: 10_000, seconds, requests: writes });
        let written: LoadResult | undefined;
        const figures = await measured(server, async () => {
          const reading = { channels: readers, perSecond: 1_000, seconds, requests: reads };
          const [read, write] = await Promise.all([openLoop(reading), writing()]);
          written = write;
          return read;
        });
        const { operations, seconds: took, failures } = written!;
        // The CPU is that of reads and writes together.
        delete figures.cpuPer100k;
        return {
          ...figures,
          failures: figures.failures! + failures,
          writesPerSecond: operations / took,
        };
      }),
    );
  },
};

/** By the name that `npm run bench -- NAME` takes. */
export const callWorkloads: Readonly<Record<string, readonly Workload[]>> = {
  unary: [
    ...[4, 64, 256].map((inFlight) => closed("unary read", "calls", inFlight, 0)),
    ...[4, 64, 256].map((inFlight) => closed("unary durable create", "calls", inFlight, 1)),
  ],
  pipeline: [
    closed("pipelined read", "pipeline", 1_000, 0),
    closed("pipelined durable create", "pipeline", 1_000, 1),
    closed("pipelined durable set", "pipeline", 1_000, "set"),
  ],
  mix: [
    closed("90 % reads, 10 % durable creates", "calls", 256, 0.1),
    closed("50 % reads, 50 % durable creates", "calls", 256, 0.5),
  ],
  "reads-under-writes": [readsUnderWrites],
  rate: [atRate("reads", 1_000, 0), atRate("durable creates", 1_000, 1)],
};
