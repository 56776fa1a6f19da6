import { Latencies } from "../load/latencies.ts";
import { inRounds, type Row } from "../rounds.ts";
import type { Server } from "../servers/server.ts";
import type { Spread, Watching } from "../servers/streams.ts";
import { ask, withChannels } from "../servers/way.ts";
import { count, type Figures, measured, type Scale, type Subject, type Workload } from "./workload.ts";

/** One change at a time to a node with many watches: from the request until the last watch has been told. */
export async function watchRows(subjects: readonly Subject[], scale: Scale): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, spread] of [
    ["100 to a stream", { streams: scale.watches / 100, watchesEach: 100 }],
    ["each on a stream of its own", { streams: scale.watches, watchesEach: 1 }],
  ] as const) {
    const watchings = new Map<Server, Watching>();
    try {
      for (const { server } of subjects) {
        await withChannels(server.calls, ([channel]) =>
          ask(channel!, server.calls.templates.create(pathOf(spread))),
        );
        const watching = await server.watching(`${pathOf(spread)}0000000000`, spread);
        if (watching !== undefined) watchings.set(server, watching);
      }
      const workload: Workload = {
        name: `one change told to ${count(scale.watches)} watches, ${name}`,
        run: async ({ server }) => {
          const watching = watchings.get(server);
          return watching && changes(server, watching, scale, pathOf(spread));
        },
      };
      rows.push(...(await inRounds(workload, subjects, scale)));
    } finally {
      for (const watching of watchings.values()) watching.close();
    }
  }
  return rows;
}

/** After that long, a watch will not be told any more. */
const toldWithinMs = 60_000;

const pathOf = ({ streams }: Spread) => `/bench/watched-${streams}-`;

/** The figures of some changes; the rate and the CPU are those of watches told. */
function changes(server: Server, watching: Watching, scale: Scale, prefix: string): Promise<Figures> {
  const { watches, watchChanges } = scale;
  const set = server.calls.templates.set(prefix, 1);
  return withChannels({ ...server.calls, connections: 1 }, ([channel]) =>
    measured(server, async () => {
      const latencies = new Latencies();
      let busyMs = 0;
      for (let change = 0; change < watchChanges; change++) {
        const all = watching.told() + watches;
        const told = new Promise<void>((resolve, reject) => {
          const missing = () => reject(new Error(`${server.name} told ${watching.told()} watches of ${all}`));
          const timer = setTimeout(missing, toldWithinMs);
          watching.onTold = () => {
            if (watching.told() < all) return;
            clearTimeout(timer);
            resolve();
          };
        });
        const startMs = performance.now();
        await Promise.all([ask(channel!, set), told]);
        const tookMs = performance.now() - startMs;
        latencies.add(tookMs);
        busyMs += tookMs;
      }
      return { operations: watches * watchChanges, failures: 0, seconds: busyMs / 1_000, latencies };
    }),
  );
}
