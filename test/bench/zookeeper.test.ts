import { once } from "node:events";
import net from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { closedLoop } from "../../bench/load/loops.ts";
import { numberMark, Outbox } from "../../bench/load/template.ts";
import { ZkChannel, zkRequests } from "../../bench/load/zookeeper.ts";

/** Enough of a ZooKeeper: opens a session, and answers each request with the error that a test chooses. */
async function serve(errorOf: (path: string) => number): Promise<number> {
  const server = net.createServer((socket) => {
    let rest = Buffer.alloc(0);
    let connected = false;
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        if (rest.length < 4 || rest.length < 4 + rest.readInt32BE(0)) return;
        const end = 4 + rest.readInt32BE(0);
        if (connected) socket.write(answer(rest.subarray(4, end)));
        else socket.write(Buffer.concat([Buffer.of(0, 0, 0, 36), Buffer.alloc(36)]));
        connected = true;
        rest = rest.subarray(end);
      }
    });
    socket.on("error", () => {});
  });
  const answer = (request: Buffer): Buffer => {
    const path = request.subarray(12, 12 + request.readInt32BE(8)).toString();
    const reply = Buffer.alloc(20);
    reply.writeInt32BE(16, 0);
    reply.writeInt32BE(request.readInt32BE(0), 4);
    reply.writeInt32BE(errorOf(path), 16);
    return reply;
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

test("a create is what ZooKeeper's own clients send", () => {
  const out = new Outbox();
  out.addTemplate(zkRequests.create(`/a-${numberMark}`, Buffer.from("data")), 7, 42);
  expect(out.take().toString("hex")).toBe(
    [
      "00000040", // Length
      "00000007", // Xid
      "00000001", // create
      `0000000d${Buffer.from("/a-0000000042").toString("hex")}`,
      `00000004${Buffer.from("data").toString("hex")}`,
      "00000001", // One entry of the ACL: all permissions,
      "0000001f",
      `00000005${Buffer.from("world").toString("hex")}`,
      `00000006${Buffer.from("anyone").toString("hex")}`,
      "00000000", // Persistent
    ].join(""),
  );
});

test("requests are pipelined, answers matched in their order, errors counted", async () => {
  const port = await serve((path) => (path.endsWith("3") ? -101 : 0));
  const channels = [await ZkChannel.open(port), await ZkChannel.open(port)];
  onTestFinished(() => {
    for (const channel of channels) channel.close();
  });
  const read = zkRequests.read(`/n-${numberMark}`);
  const load = closedLoop({ channels, inFlight: 40, operations: 100, requests: (n) => [read, n] });
  const { operations, failures } = await load;
  expect({ operations, failures }).toEqual({ operations: 100, failures: 10 });
});

test("a server that hangs up before the session is open is an error", async () => {
  const server = net.createServer((socket) => socket.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  await expect(ZkChannel.open((server.address() as net.AddressInfo).port)).rejects.toThrow("closed");
});
