import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { CallChannel, callTemplate } from "../load/grpc.ts";
import { numberMark, type Template } from "../load/template.ts";
import { data } from "./data.ts";
import { etcdLeases, etcdWatching } from "./etcd-streams.ts";
import { field } from "./protobuf.ts";
import { Child, type Product, type Server } from "./server.ts";
import { ask, type Templates } from "./way.ts";

/** How often etcd commits to its database, by default. */
const commitIntervalMs = 100;

function range(key: string, nodes?: number): Template {
  // Serializable: answered from this member's own state, as Corral's and ZooKeeper's reads are.
  const serializable = field(7, 1);
  return callTemplate("/etcdserverpb.KV/Range", Buffer.concat([field(1, key), serializable]), nodes);
}

function put(key: string, nodes?: number): Template {
  return callTemplate("/etcdserverpb.KV/Put", Buffer.concat([field(1, key), field(2, data)]), nodes);
}

const templates: Templates = {
  create: (prefix) => put(prefix + numberMark),
  read: (prefix, nodes) => range(prefix + numberMark, nodes),
  set: (prefix, nodes) => put(prefix + numberMark, nodes),
};

async function start(dataDir?: string): Promise<Server> {
  const child = await Child.start({
    name: "etcd",
    dataDir,
    command: async (dir, port) => [
      "etcd",
      [
        ...["--data-dir", `${dir}/data`],
        ...["--listen-client-urls", `http://127.0.0.1:${port}`],
        ...["--advertise-client-urls", `http://127.0.0.1:${port}`],
        // A single member needs no peers: port 0 is any.
        ...["--listen-peer-urls", "http://127.0.0.1:0", "--log-level", "error", "--logger", "zap"],
      ],
    ],
  });
  const { pid, port } = child;
  const startSeconds = await child.ready(async () => {
    const channel = await CallChannel.open(port);
    await ask(channel, range("/"));
    channel.close();
  });
  return {
    name: "etcd",
    pid,
    port,
    calls: { templates, connections: 4, open: () => CallChannel.open(port) },
    pipeline: undefined,
    makeParents: async () => {},
    watching: (path, spread) => etcdWatching(port, path, spread),
    sessions: (count) => etcdLeases(port, count),
    startSeconds,
    // etcd 3.4 copies a buffer of recent writes for every read, as large as it ever was, until a commit that writes
    // no key drops it: that of a lease.
    async settle() {
      const channel = await CallChannel.open(port);
      for (let i = 0; i < 2; i++) {
        await ask(channel, callTemplate("/etcdserverpb.Lease/LeaseGrant", field(1, 3_600)));
        await sleep(commitIntervalMs * 2);
      }
      channel.close();
    },
    stalls: undefined,
    usedHeapBytes: undefined,
    async restart() {
      await child.end();
      return start(child.dataDir);
    },
    stop: () => child.stop(),
  };
}

export const etcd: Product = {
  name: "etcd",
  version() {
    const { stdout } = spawnSync("etcd", ["--version"], { encoding: "utf8" });
    const version = /^etcd Version: (.*)$/m.exec(stdout ?? "")?.[1];
    return version === undefined ? undefined : `etcd ${version}, its defaults`;
  },
  start,
};
