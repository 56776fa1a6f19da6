import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:http2";
import { expect, test, vi } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { prefaceTimeoutMs, refusedConnectionsMax } from "../../src/limits.ts";
import { emptySettings, frame, framesOf, http2Preface, RawConnection } from "../support/raw-connection.ts";
import { failureOf, RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

/** A connection that has said it speaks HTTP/2, and was answered. */
async function openHttp2(port: number): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  connection.send(http2Preface, emptySettings);
  await once(connection.socket, "data");
  return connection;
}

/** The text of the GOAWAY with which a connection was turned away. */
function goAwayOf({ received }: RawConnection): { code: number; text: string } | undefined {
  const goAway = framesOf(received).find(({ type }) => type === 0x7);
  return goAway && { code: goAway.payload.readUInt32BE(4), text: goAway.payload.toString("utf8", 8) };
}

test("a connection beyond the limit is told why and closed; room that is made is used", async () => {
  const { port, address } = await startServer({ maxConnections: 2 });
  const first = await openHttp2(port);
  const second = await openHttp2(port);
  const third = await openHttp2(port);
  await third.closed;
  expect(framesOf(third.received)[0]).toMatchObject({ type: 0x4 });
  expect(goAwayOf(third)).toEqual({ code: 11, text: "the server has its 2 connections" });
  const client = new RpcClient(address);
  expect(await failureOf(client.unary(rpc.get, { path: "/" }))).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
  });
  second.socket.destroy();
  await second.closed;
  await vi.waitFor(() => client.unary(rpc.get, { path: "/" }), { timeout: 10_000 });
  client.close();
  first.socket.destroy();
});

test("the connections of one address have a limit of their own", async () => {
  const { port } = await startServer({ maxConnectionsPerAddress: 1 });
  const first = await openHttp2(port);
  const second = await openHttp2(port);
  await second.closed;
  expect(goAwayOf(second)).toMatchObject({ code: 11, text: /your address has its 1 connections/ });
  expect(goAwayOf(first)).toBeUndefined();
  first.socket.destroy();
});

test("even refusing is limited: a flood beyond the limit is dropped without a word", async () => {
  const { port } = await startServer({ maxConnections: 1 });
  // Clients that are told to go and do not.
  const all = await Promise.all(
    Array.from({ length: refusedConnectionsMax + 50 }, () =>
      RawConnection.open(port, { allowHalfOpen: true }),
    ),
  );
  await vi.waitFor(() => {
    const silent = all.filter(({ socket, received }) => socket.readableEnded && received.length === 0);
    expect(silent.length).toBe(49);
  });
  for (const { socket } of all) socket.destroy();
});

test.each([
  ["says nothing", ""],
  ["stops half-way", http2Preface.slice(0, 10)],
])("a client that %s is closed in time", { timeout: prefaceTimeoutMs + 5_000 }, async (_what, said) => {
  const { port } = await startServer();
  const connection = await RawConnection.open(port);
  connection.send(said);
  await connection.closed;
  expect(connection.received).toHaveLength(0);
});

test("a client whose preface comes in pieces is served", async () => {
  const { port } = await startServer();
  const connection = await RawConnection.open(port);
  for (const byte of http2Preface) {
    connection.send(byte);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  connection.send(emptySettings);
  await once(connection.socket, "data");
  expect(framesOf(connection.received)[0]).toMatchObject({ type: 0x4 });
  connection.socket.destroy();
});

test("a browser is told in HTTP/1 what speaks here; garbage is closed", async () => {
  const { port } = await startServer();
  const browser = await RawConnection.open(port);
  browser.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await browser.closed;
  expect(browser.received.toString()).toMatch(/^HTTP\/1.1 426 .*This port speaks gRPC/s);
  const garbage = await RawConnection.open(port);
  garbage.send("\x16\x03\x01\x02\x00");
  await garbage.closed;
  expect(garbage.received).toHaveLength(0);
});

test("resets, garbage after the preface and half-sent frames hurt nobody else", async () => {
  const { port, client } = await startServer();
  const noise = Buffer.alloc(2_000);
  for (let i = 0; i < 20; i++) {
    const connection = await RawConnection.open(port);
    randomFillSync(noise);
    connection.send(
      http2Preface,
      emptySettings,
      i % 2 === 0 ? noise : frame(0x1, 0x4, 1, noise.subarray(0, i)),
    );
    if (i % 3 === 0) connection.socket.resetAndDestroy();
    else connection.socket.destroySoon();
    await connection.closed;
  }
  await client.unary(rpc.get, { path: "/" });
});

test("what is not gRPC is refused on its own stream", async () => {
  const { address, client } = await startServer();
  const session = connect(`http://${address}`);
  const plain = session.request({ ":method": "POST", ":path": "/corral.v1.Coordination/Get" });
  const [headers] = await once(plain, "response");
  expect(headers[":status"]).toBe(415);
  const unknown = session.request({
    ":method": "POST",
    ":path": "/corral.v1.Coordination/No%20Such\u00e4",
    "content-type": "application/grpc",
  });
  const [unimplemented] = await once(unknown, "response");
  expect(unimplemented["grpc-status"]).toBe("12");
  session.destroy();
  await client.unary(rpc.get, { path: "/" });
});

test("a port that is taken is an error of one clear line", async () => {
  const { port } = await startServer();
  await expect(startServer({ port })).rejects.toMatchObject({
    name: "ListenError",
    message: `port ${port} on 127.0.0.1 is already in use`,
  });
});

test("an address of another machine is an error of one clear line", async () => {
  await expect(startServer({ host: "192.0.2.1" })).rejects.toMatchObject({
    name: "ListenError",
    message: "192.0.2.1 is not an address of this machine",
  });
});
