import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { numberMark } from "../load/template.ts";
import { jute, opcode, ZkChannel, zkRequests, zkTemplate } from "../load/zookeeper.ts";
import { data } from "./data.ts";
import { Child, type Product, type Server } from "./server.ts";
import { ask, sendAll, type Templates } from "./way.ts";
import { zkSessions, zkWatching } from "./zookeeper-streams.ts";

/** Where Debian's package has it; its manifest names the rest. */
const jar = "/usr/share/java/zookeeper.jar";
const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

const templates: Templates = {
  create: (prefix) => zkRequests.create(prefix + numberMark, data),
  read: (prefix, nodes) => zkRequests.read(prefix + numberMark, nodes),
  set: (prefix, nodes) => zkRequests.set(prefix + numberMark, data, nodes),
};

async function start(dataDir?: string): Promise<Server> {
  const child = await Child.start({
    name: "zookeeper",
    dataDir,
    command: async (dir, port) => {
      const config = `${dir}/zoo.cfg`;
      const lines = [
        "tickTime=2000",
        `dataDir=${dir}/data`,
        `clientPort=${port}`,
        "clientPortAddress=127.0.0.1",
        // A benchmark is one address with very many connections; its admin server would take a fixed port.
        "maxClientCnxns=0",
        "admin.enableServer=false",
      ];
      await writeFile(config, `${lines.join("\n")}\n`);
      return ["java", ["-cp", jar, main, config]];
    },
  });
  const { pid, port } = child;
  const open = () => ZkChannel.open(port);
  const startSeconds = await child.ready(async () => {
    const channel = await open();
    await ask(channel, zkTemplate(opcode.getData, [jute.text("/"), jute.bool(false)]));
    channel.close();
  });
  const way = { templates, connections: 4, open };
  return {
    name: "zookeeper",
    pid,
    port,
    calls: way,
    pipeline: way,
    makeParents: (paths) => sendAll(way, paths.length, (n) => [zkRequests.create(paths[n]!, data), 0]),
    watching: async (path, spread) =>
      spread.watchesEach === 1 ? zkWatching(port, path, spread.streams) : undefined,
    sessions: (count) => zkSessions(port, count),
    startSeconds,
    settle: async () => {},
    stalls: undefined,
    usedHeapBytes: () => usedHeapBytes(pid),
    async restart() {
      await child.end();
      return start(child.dataDir);
    },
    stop: () => child.stop(),
  };
}

function usedHeapBytes(pid: number): number {
  const jcmd = (command: string) => execFileSync("jcmd", [String(pid), command], { encoding: "utf8" });
  jcmd("GC.run");
  const used = /used (\d+)K/.exec(jcmd("GC.heap_info"))?.[1];
  if (used === undefined) throw new Error("jcmd tells no used heap");
  return Number(used) * 1_024;
}

export const zookeeper: Product = {
  name: "zookeeper",
  version() {
    if (!existsSync(jar)) return undefined;
    const java = /version "(.*?)"/.exec(
      spawnSync("java", ["-version"], { encoding: "utf8" }).stderr ?? "",
    )?.[1];
    if (java === undefined) return undefined;
    const version = readdirSync(dirname(jar))
      .join("\n")
      .match(/^zookeeper-(\d[\d.]*)\.jar$/m)?.[1];
    return `ZooKeeper ${version} on Java ${java}, its default heap (a quarter of the memory at most), forceSync on`;
  },
  start,
};
