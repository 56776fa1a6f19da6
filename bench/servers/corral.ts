import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { CreateRequestSchema, GetRequestSchema, SetRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { type PipelineOperationSchema, PipelineRequestSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import packageJson from "../../package.json" with { type: "json" };
import { CallChannel, callTemplate } from "../load/grpc.ts";
import { PipelineChannel } from "../load/pipeline-channel.ts";
import { numberMark, template } from "../load/template.ts";
import { corralSessions, corralWatching } from "./corral-streams.ts";
import { data } from "./data.ts";
import { Child, type Product, type Server } from "./server.ts";
import type { Stalls } from "./stall-probe.ts";
import { ask, sendAll, type Templates, type Way } from "./way.ts";

const cli = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const probe = new URL("stall-probe.ts", import.meta.url).href;

export const corralMethod = (name: string) => `/corral.v1.Coordination/${name}`;

const calls: Templates = {
  create: (prefix) => createCall(prefix + numberMark),
  read(prefix, nodes) {
    const request = create(GetRequestSchema, { path: prefix + numberMark });
    return callTemplate(corralMethod("Get"), toBinary(GetRequestSchema, request), nodes);
  },
  set(prefix, nodes) {
    const request = create(SetRequestSchema, { path: prefix + numberMark, data });
    return callTemplate(corralMethod("Set"), toBinary(SetRequestSchema, request), nodes);
  },
};

function createCall(path: string) {
  const request = create(CreateRequestSchema, { path, data });
  return callTemplate(corralMethod("Create"), toBinary(CreateRequestSchema, request));
}

export type Operation = NonNullable<MessageInitShape<typeof PipelineOperationSchema>["operation"]>;

/** An operation as it stands in a PipelineRequest: requests of one each can be put behind one another. */
export function pipelineOperation(operation: Operation, modulo?: number) {
  const message = create(PipelineRequestSchema, { operations: [{ operation }] });
  const bytes = Buffer.from(toBinary(PipelineRequestSchema, message));
  return template(bytes, modulo === undefined ? {} : { modulo });
}

const operations: Templates = {
  create: (prefix) => pipelineOperation({ case: "create", value: { path: prefix + numberMark, data } }),
  read: (prefix, nodes) => pipelineOperation({ case: "get", value: { path: prefix + numberMark } }, nodes),
  set: (prefix, nodes) =>
    pipelineOperation({ case: "set", value: { path: prefix + numberMark, data } }, nodes),
};

/** `corral serve` as it is, with a probe of its event loop loaded beside it. */
async function start(dataDir?: string): Promise<Server> {
  const child = await Child.start({
    name: "corral",
    dataDir,
    ipc: true,
    command: async (dir, port) => [
      process.execPath,
      [
        ...["--import", probe, cli, "serve", "--port", `${port}`, "--data-dir", `${dir}/data`],
        // A benchmark is one address with very many connections.
        ...["--log-level", "warn", "--max-connections", "0", "--max-connections-per-address", "0"],
        ...["--max-sessions-per-address", "0", "--max-watches-per-address", "0", "--http-port", "0"],
      ],
    ],
  });
  const { pid, port } = child;
  const startSeconds = await child.ready(async () => {
    const channel = await CallChannel.open(port);
    const request = create(GetRequestSchema, { path: "/" });
    await ask(channel, callTemplate(corralMethod("Get"), toBinary(GetRequestSchema, request)));
    channel.close();
  });
  const callWay: Way = { templates: calls, connections: 4, open: () => CallChannel.open(port) };
  return {
    name: "corral",
    pid,
    port,
    calls: callWay,
    pipeline: { templates: operations, connections: 1, open: () => PipelineChannel.open(port, 100) },
    makeParents: (paths) => sendAll(callWay, paths.length, (n) => [createCall(paths[n]!), 0]),
    watching: (path, spread) => corralWatching(port, path, spread),
    sessions: (count) => corralSessions(port, count),
    startSeconds,
    settle: async () => {},
    stalls: {
      begin: () => child.process.send("begin"),
      async end() {
        child.process.send("end");
        const [stalls] = await once(child.process, "message");
        return stalls as Stalls;
      },
    },
    usedHeapBytes: undefined,
    async restart() {
      await child.end();
      return start(child.dataDir);
    },
    stop: () => child.stop(),
  };
}

export const corral: Product = {
  name: "corral",
  version: () => `Corral ${packageJson.version} on Node ${process.versions.node}`,
  start,
};
