// A provider: registers its address under a service's path for as long as it lives.
//   node examples/typescript/provider.ts 127.0.0.1:7181 /UserService/Login 10.0.0.5:8000 [timeout in ms]
import { create } from "@bufbuild/protobuf";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { ErrorReason } from "../../gen/ts/corral/v1/errors_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { KeepAliveEvent, KeepAliveRequestSchema } from "../../gen/ts/corral/v1/session_pb.js";
import { call, connect, failedWith, stream } from "./coordination.ts";

const [server = "127.0.0.1:7181", service = "/UserService/Login", address = "10.0.0.5:8000", timeout = "0"] =
  process.argv.slice(2);
const client = connect(server);
const life = stream(client, Coordination.method.keepAlive);

life.on("data", async (answer) => {
  switch (answer.event) {
    case KeepAliveEvent.OPENED:
      setInterval(beat, answer.timeoutMs / 3);
      log(`registered ${await register(answer.sessionToken)}`);
      break;
    case KeepAliveEvent.EPHEMERAL_LOST:
      log(`somebody deleted ${answer.path}`);
  }
});
// A provider whose session is gone is not registered any more: it stops, and whoever supervises it starts it again.
life.on("error", (error) => {
  log(`the session's stream failed: ${error.message}`);
  process.exit(1);
});
life.on("end", () => process.exit());
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => life.write(create(KeepAliveRequestSchema, { close: true })));

// The first message opens the session, and each one after it is a heartbeat.
life.write(create(KeepAliveRequestSchema, { timeoutMs: Number(timeout) }));

function beat() {
  log("beat");
  life.write(create(KeepAliveRequestSchema));
}

/** Creates the service's path where it is missing, and the address under it as a node of the session. */
async function register(sessionToken: string): Promise<string> {
  const names = service.split("/").slice(1);
  for (let depth = 1; depth <= names.length; depth++) {
    const path = `/${names.slice(0, depth).join("/")}`;
    await call(client, Coordination.method.create, { path }).catch((error) => {
      if (!failedWith(error, ErrorReason.NODE_EXISTS)) throw error;
    });
  }
  const node = { path: `${service}/provider-`, text: address, mode: CreateMode.EPHEMERAL_SEQUENTIAL };
  return (await call(client, Coordination.method.create, node, sessionToken)).path;
}

function log(text: string) {
  console.log(`${new Date().toISOString()} ${text}`);
}
