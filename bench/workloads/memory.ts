import { closedLoop, type Requests } from "../load/loops.ts";
import type { Template } from "../load/template.ts";
import { type Row, row } from "../rounds.ts";
import { memory } from "../servers/process-stats.ts";
import type { Product, Server } from "../servers/server.ts";
import { type Figures, measured, type Scale, withChannels } from "./workload.ts";

const parents = 1_000;

/**
 * What very many nodes of a hundred bytes take in memory, a thousand parents with as many children each, and how
 * long a start with them lasts until the first read is answered.
 */
export async function memoryRows(products: readonly Product[], scale: Scale): Promise<Row[]> {
  const rows: Row[] = [];
  for (const product of products) {
    let server = await product.start();
    const empty = bytesUsed(server);
    const filled = await fill(server, scale.nodes);
    rows.push(row(`filling with ${scale.nodes} nodes`, product.name, [filled]));
    const rounds: Figures[] = [];
    for (let round = 0; round < scale.rounds; round++) {
      server = await server.restart();
      const { startSeconds } = server;
      const bytesPerNode = (bytesUsed(server) - empty) / scale.nodes;
      rounds.push({ startSeconds, bytesPerNode, memoryMb: memory(server.pid).rssBytes / 1e6 });
    }
    await server.stop();
    rows.push(row("memory", product.name, rounds));
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
  await server.makeParent("/bench");
  const perParent = Math.ceil(nodes / parents);
  const creates: Template[] = [];
  for (let i = 0; i < parents; i++) {
    const parent = `/bench/service-${String(i).padStart(4, "0")}`;
    await server.makeParent(parent);
    creates.push(way.requests.create(`${parent}/instance-`));
  }
  const requests: Requests = (n) => [creates[Math.floor(n / perParent)]!, n % perParent];
  const inFlight = way === server.pipeline ? 1_000 : 256;
  return withChannels(way, (channels) =>
    measured(server, () => closedLoop({ channels, inFlight, operations: nodes, requests })),
  );
}
