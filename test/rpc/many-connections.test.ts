// Ten thousand connections to a real server: everybody is served, and whoever goes without a goodbye hurts nobody.
import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { call, connect } from "../../examples/typescript/coordination.ts";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { temporaryFolder } from "../story/programs.ts";
import { startServerProcess } from "../story/server-process.ts";

const connections = 10_000;
const atOnce = 200;
const rpc = Coordination.method;

/** What a client says first: HTTP/2's preface, an empty SETTINGS frame, and that it has read those of the server. */
const greeting = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  Buffer.from([0, 0, 0, 4, 1, 0, 0, 0, 0]),
]);

/** A connection whose server has answered in HTTP/2. */
async function greet(port: number): Promise<Socket> {
  const socket = connectSocket(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(greeting);
  const [answer] = (await once(socket, "data")) as [Buffer];
  // The fourth byte of the first frame is its type: SETTINGS.
  expect(answer[3]).toBe(4);
  return socket;
}

test("ten thousand connections are served, and half of them may vanish at once", async () => {
  // One more than an address may have by default: the one that makes calls.
  const flags = ["--max-connections-per-address", `${connections + 1}`];
  const server = await startServerProcess(temporaryFolder(), ...flags);
  onTestFinished(server.kill);
  const port = Number(server.address.split(":")[1]);
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < connections) {
    sockets.push(...(await Promise.all(Array.from({ length: atOnce }, () => greet(port)))));
  }
  const client = connect(server.address);
  onTestFinished(() => client.close());
  await call(client, rpc.create, { path: "/a", text: "among ten thousand" });
  for (const socket of sockets.splice(0, connections / 2)) socket.resetAndDestroy();
  expect((await call(client, rpc.get, { path: "/a", asText: true })).text).toBe("among ten thousand");
  // Those that stayed are still there: the server answers their PING.
  const ping = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, ...Buffer.from("corral!!")]);
  for (const socket of sockets.slice(0, atOnce)) {
    socket.removeAllListeners("data").resume();
    const answered = new Promise<void>((resolve) => {
      socket.on("data", (bytes) => {
        if (bytes.includes("corral!!")) resolve();
      });
    });
    socket.write(ping);
    await answered;
  }
  expect(await server.stop()).toBe(0);
}, 120_000);
