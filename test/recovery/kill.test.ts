// kill -9 of a real server under load, again and again on one data directory. An acknowledged write is there
// after the restart; one that was under way happened wholly or not at all; and no zxid comes twice.
import { setTimeout as delay } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { call, connect, failedWith } from "../../examples/typescript/coordination.ts";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { ErrorReason } from "../../gen/ts/corral/v1/errors_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { brokenInvariants } from "../../src/core/invariants.ts";
import { temporaryFolder } from "../story/programs.ts";
import { startServerProcess } from "../story/server-process.ts";
import { loadTree } from "../support/load-tree.ts";

const rpc = Coordination.method;
const rounds = 50;
const writersPerRound = 32;
/** Writes that must be acknowledged before the server is killed: an idle round proves nothing. */
const acksPerRound = 100;

type Client = ReturnType<typeof connect>;
/** A node's data, which says which write it comes from; undefined while there is no node. */
type Content = string | undefined;

/** Changes one node without pause, and remembers what it was told and what it was not told. */
class Writer {
  readonly path: string;
  known: Content;
  version = 0;
  /** What the node holds if the write under way happened; absent while none is. */
  maybe: { readonly content: Content } | undefined;
  writes = 0;
  acks = 0;
  zxid = 0n;

  constructor(path: string) {
    this.path = path;
  }

  /** Writes until the server is gone. */
  async run(client: Client): Promise<void> {
    for (;;) {
      const content = this.known !== undefined && this.writes % 5 === 4 ? undefined : `write ${this.writes}`;
      this.writes++;
      this.maybe = { content };
      try {
        const { zxid, version } = await this.#write(client, content);
        // A later write of the same writer has a later zxid, over all rounds.
        expect(zxid).toBeGreaterThan(this.zxid);
        this.zxid = zxid;
        this.version = version;
      } catch (error) {
        expect(error).toMatchObject({ code: status.UNAVAILABLE });
        return;
      }
      this.known = content;
      this.maybe = undefined;
      this.acks++;
    }
  }

  /** Compares the node with what may be there, and takes what is. */
  async verify(client: Client): Promise<void> {
    const found = await call(client, rpc.get, { path: this.path, asText: true }).catch((error) => {
      expect(failedWith(error, ErrorReason.NO_NODE)).toBe(true);
    });
    const content = found?.text;
    expect([this.known, ...(this.maybe ? [this.maybe.content] : [])], this.path).toContain(content);
    this.known = content;
    this.maybe = undefined;
    this.version = found?.stat?.version ?? 0;
  }

  async #write(client: Client, content: Content): Promise<{ zxid: bigint; version: number }> {
    const { path, version } = this;
    if (content === undefined) return { ...(await call(client, rpc.delete, { path, version })), version: 0 };
    const request = { path, text: content };
    const { zxid, stat } =
      this.known === undefined
        ? await call(client, rpc.create, request)
        : await call(client, rpc.set, { ...request, version });
    return { zxid, version: stat!.version };
  }
}

test(`kill -9 under load loses no acknowledged write in ${rounds} rounds`, async () => {
  const dataDir = temporaryFolder();
  const writers = Array.from({ length: writersPerRound }, (_, i) => new Writer(`/writer-${i}`));
  for (let round = 0; round < rounds; round++) {
    const server = await startServerProcess(dataDir);
    const client = connect(server.address);
    try {
      await Promise.all(writers.map((writer) => writer.verify(client)));
      if (round === 0) await createEphemeral(client);
      const ephemeral = { path: "/ephemeral" };
      expect((await call(client, rpc.exists, ephemeral)).stat?.ephemeralOwner).toBeGreaterThan(0n);
      const acksBefore = sum(writers);
      const running = writers.map((writer) => writer.run(client));
      while (sum(writers) - acksBefore < acksPerRound) await delay(1);
      await delay((round * 7) % 50);
      await server.kill();
      await Promise.all(running);
    } finally {
      await server.kill();
      client.close();
    }
    if (round % 10 === 9) expect(brokenInvariants(await loadTree(dataDir))).toEqual([]);
  }
}, 280_000);

/** An ephemeral node of a session that outlives all rounds: each restart gives it its full timeout. */
async function createEphemeral(client: Client): Promise<void> {
  const { sessionToken } = await call(client, rpc.openSession, { timeoutMs: 40_000 });
  const node = { path: "/ephemeral", mode: CreateMode.EPHEMERAL };
  await call(client, rpc.create, node, sessionToken);
}

function sum(writers: readonly Writer[]): number {
  return writers.reduce((total, writer) => total + writer.acks, 0);
}
