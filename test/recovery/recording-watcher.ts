// A watcher that writes down every event that it has handled, a line each, and goes on after the last one when it is
// started again: recording-watcher.ts <address> <file>. watcher.test.ts kills it.
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { connect, stream } from "../../examples/typescript/coordination.ts";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchRequestSchema, type WatchResponse } from "../../gen/ts/corral/v1/watch_pb.js";

const [address = "", file = ""] = process.argv.slice(2);
const recorded = openSync(file, "a+");
const whole = readFileSync(file, "utf8").replace(/[^\n]*$/, "");
// A line that the last kill cut short was not handled.
ftruncateSync(recorded, whole.length);
const lastZxid = /(?:^|\n)(\d+) [^\n]*\n$/.exec(whole)?.[1] ?? "0";

const watch = stream(connect(address), Coordination.method.watch);
watch.on("error", (error) => {
  console.error(error.message);
  closeSync(recorded);
  process.exit(1);
});
watch.on("data", ({ events, canceled }: WatchResponse) => {
  if (canceled.length > 0) throw new Error(`the watch was canceled: ${canceled[0]?.status?.message}`);
  const lines = events.map(({ zxid, kind, path, stat }) => `${zxid} ${kind} ${path} ${stat?.version}\n`);
  if (lines.length > 0) writeSync(recorded, lines.join(""));
});
watch.write(create(WatchRequestSchema, { add: [{ path: "/", afterZxid: BigInt(lastZxid) }] }));
