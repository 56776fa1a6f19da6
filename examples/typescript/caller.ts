// A caller: prints the addresses of a service's live providers, one a line.
//   node examples/typescript/caller.ts 127.0.0.1:7181 /UserService/Login
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { ErrorReason } from "../../gen/ts/corral/v1/errors_pb.js";
import { call, connect, failedWith } from "./coordination.ts";

const [server = "127.0.0.1:7181", service = "/UserService/Login"] = process.argv.slice(2);
const client = connect(server);
const { children } = await call(client, Coordination.method.list, { path: service });
for (const { name } of children) {
  try {
    const node = await call(client, Coordination.method.get, { path: `${service}/${name}`, asText: true });
    console.log(node.text);
  } catch (error) {
    // The provider ended between the two calls.
    if (!failedWith(error, ErrorReason.NO_NODE)) throw error;
  }
}
client.close();
