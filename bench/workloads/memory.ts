import { closedLoop, type Requests } from "../load/loops.ts";
import { type Row, row } from "../rounds.ts";
import { memory } from "../servers/process-stats.ts";
import type { Product, Server } from "../servers/server.ts";
import { withChannels } from "../servers/way.ts";
import { count, type Figures, measured, type Scale } from "./workload.ts";

/** Children of each parent. */
const perParent = 1_000;

/**
 * What very many nodes of a hundred bytes take in memory, a thousand to a parent, and how long a start with them
 * lasts until the first read is answered.
 */
export async function memoryRows(products: readonly Product[], scale: Scale): Promise<Row[]> {
  const rows: Row[] = [];
  for (const product of products) {
    let server = await product.start();
    const empty = bytesUsed(server);
    const filled = await fill(server, scale.nodes);
    rows.push(row(`filling with ${count(scale.nodes)} nodes`, product.name, [filled]));
    const rounds: Figures[] = [];
    for (let round = 0; round < scale.rounds; round++) {
      server = await server.restart();
      const { startSeconds } = server;
      const bytesPerNode = (bytesUsed(server) - empty) / scale.nodes;
      rounds.push({ startSeconds, bytesPerNode, memoryMb: memory(server.pid).rssBytes / 1e6 });
    }
    await server.stop();
    rows.push(row("memory and start", product.name, rounds));
  }
  return rows;
}

/** Live objects where the server can tell, since a collector leaves as much garbage as it is given room for. */
function bytesUsed(server: Server): number {
  return server.usedHeapBytes?.() ?? memory(server.pid).rssBytes;
}

/** All the nodes, as fast as the server takes them. */
async function fill(server: Server, nodes: number): Promise<Figures> {
  const way = server.pipeline ?? server.calls;
  const parents = Array.from({ length: Math.ceil(nodes / perParent) }, (_, i) => `/bench/service-${i}`);
  await server.makeParents(["/bench"]);
  await server.makeParents(parents);
  const creates = parents.map((parent) => way.templates.create(`${parent}/instance-`));
  const requests: Requests = (n) => [creates[Math.floor(n / perParent)]!, n % perParent];
  const inFlight = way === server.pipeline ? 1_000 : 256;
  return withChannels(way, (channels) =>
    measured(server, () => closedLoop({ channels, inFlight, operations: nodes, requests })),
  );
}
