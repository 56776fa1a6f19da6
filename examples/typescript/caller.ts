// A caller: tells which providers a service has, and of each one that comes or goes, until it is stopped.
//   node examples/typescript/caller.ts 127.0.0.1:7181 /UserService/Login
import { setTimeout as delay } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { ErrorReason } from "../../gen/ts/corral/v1/errors_pb.js";
import { WatchEventKind, WatchRequestSchema, type WatchResponse } from "../../gen/ts/corral/v1/watch_pb.js";
import { call, connect, failedWith, stream } from "./coordination.ts";

const [server = "127.0.0.1:7181", service = "/UserService/Login"] = process.argv.slice(2);
const rpc = Coordination.method;
const client = connect(server);

/** The address of each provider, by the path of its node. */
const addresses = new Map<string, string>();

/** Every change up to this one is in `addresses`; undefined when they have to be read first. */
let zxid: bigint | undefined;

for (;;) {
  try {
    zxid ??= await look();
    await watch(zxid);
  } catch (error) {
    log(`again in a second: ${(error as Error).message}`);
    await delay(1_000);
  }
}

/** Reads what is there now, and answers the zxid that a watch must follow. The service's node may be missing. */
async function look(): Promise<bigint> {
  const { zxid, stat } = await call(client, rpc.exists, { path: service });
  const found = new Set<string>();
  let pageToken = stat === undefined ? undefined : "";
  while (pageToken !== undefined) {
    const page = await call(client, rpc.list, { path: service, pageToken });
    for (const { name } of page.children) found.add(`${service}/${name}`);
    pageToken = page.nextPageToken || undefined;
  }
  for (const path of addresses.keys()) {
    if (!found.has(path)) learn(path, undefined);
  }
  for (const path of found) {
    try {
      learn(path, (await call(client, rpc.get, { path, asText: true })).text);
    } catch (error) {
      // The provider ended between the two calls.
      if (!failedWith(error, ErrorReason.NO_NODE)) throw error;
      learn(path, undefined);
    }
  }
  return zxid;
}

/** Follows every change after a zxid. It ends, usually by throwing, when the stream does. */
async function watch(afterZxid: bigint) {
  const changes = stream(client, rpc.watch);
  // The loop below throws it; what comes after the loop was left is of no interest.
  changes.on("error", () => {});
  const hangUp = () => changes.cancel();
  let silence = setTimeout(hangUp, 10_000);
  const add = [{ path: service, afterZxid, withData: true, asText: true }];
  changes.end(create(WatchRequestSchema, { add, bookmark: true }));
  try {
    for await (const { events, canceled, bookmark } of changes as AsyncIterable<WatchResponse>) {
      silence.refresh();
      for (const { path, kind, text } of events) {
        if (path !== service) learn(path, kind === WatchEventKind.NODE_DELETED ? undefined : text);
      }
      zxid = bookmark?.zxid ?? events.at(-1)?.zxid ?? zxid;
      if (bookmark) {
        // Silent for longer than the server ever is: the link is dead, whatever TCP says.
        clearTimeout(silence);
        silence = setTimeout(hangUp, 3 * bookmark.nextInMs);
      }
      for (const { status } of canceled) {
        // COMPACTED or ZXID_AHEAD: what happened meanwhile cannot be told, so everything is read anew.
        zxid = undefined;
        throw new Error(status?.message);
      }
    }
  } finally {
    clearTimeout(silence);
    changes.cancel();
  }
}

/** Takes in the address of a provider, or that it is gone, and tells of it if that is news. */
function learn(path: string, address: string | undefined) {
  if (addresses.get(path) === address) return;
  if (address === undefined) addresses.delete(path);
  else addresses.set(path, address);
  log(address === undefined ? `down ${path}` : `up ${path} ${address}`);
}

function log(text: string) {
  console.log(`${new Date().toISOString()} ${text}`);
}
