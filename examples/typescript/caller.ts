// A caller: tells which providers a service has, and of each one that comes or goes, until it is stopped.
//   node examples/typescript/caller.ts 127.0.0.1:7181 /UserService/Login
import { connect } from "../../src/client/index.ts";

const [endpoint = "127.0.0.1:7181", service = "/UserService/Login"] = process.argv.slice(2);

// It owns nothing, so it needs no session. It waits for the server however long that takes.
const client = await connect({
  endpoints: endpoint,
  sessionTimeoutMs: false,
  timeoutMs: Number.POSITIVE_INFINITY,
});
// Until the watch goes on, which it does by itself, the addresses may be out of date.
client.onInterruption(({ message }) => log(`again when it can: ${message}`));

for await (const { children, changed } of client.followChildren(service)) {
  for (const name of changed) {
    const provider = children.get(name);
    log(provider ? `up ${provider.path} ${provider.text}` : `down ${service}/${name}`);
  }
}

function log(text: string) {
  console.log(`${new Date().toISOString()} ${text}`);
}
