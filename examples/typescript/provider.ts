// A provider: registers its address under a service's path for as long as it lives.
//   node examples/typescript/provider.ts 127.0.0.1:7181 /UserService/Login 10.0.0.5:8000 [timeout in ms]
import { connect } from "../../src/client/index.ts";

const [
  endpoint = "127.0.0.1:7181",
  service = "/UserService/Login",
  address = "10.0.0.5:8000",
  timeout = "0",
] = process.argv.slice(2);

const client = await connect({ endpoints: endpoint, sessionTimeoutMs: Number(timeout) });
client.onHeartbeat(() => log("beat"));
client.onState((state) => log(`session ${state}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void client.close());

// An ephemeral node, created again if its session is lost or if somebody deletes it.
const node = await client.keepEphemeral(`${service}/provider-`, {
  data: address,
  sequential: true,
  parents: true,
});
log(`registered ${node.path}`);
node.onChange((change) => {
  if (change.state === "there") log(`registered ${change.path}`);
  else if (change.state === "gone") log(`unregistered ${change.path}`);
  else log(`cannot register: ${change.error.message}`);
});

function log(text: string) {
  console.log(`${new Date().toISOString()} ${text}`);
}
