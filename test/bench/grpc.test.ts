// The load generator's HTTP/2 against Node's own.
import { once } from "node:events";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { CallChannel, callTemplate, grpcMessage, StreamConnection } from "../../bench/load/grpc.ts";
import { closedLoop } from "../../bench/load/loops.ts";
import { numberMark } from "../../bench/load/template.ts";

type Answer = (stream: http2.ServerHttp2Stream, body: Buffer, headers: http2.IncomingHttpHeaders) => void;

/** A server that hands every finished request to a test. */
async function serve(answer: Answer): Promise<number> {
  const server = http2.createServer();
  server.on("stream", async (stream, headers) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    answer(stream, Buffer.concat(chunks), headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function finish(stream: http2.ServerHttp2Stream, status: string, body = grpcMessage(Buffer.from("answer"))) {
  stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status, "grpc-message": "" }));
  stream.end(body);
}

async function open(port: number): Promise<CallChannel> {
  const channel = await CallChannel.open(port);
  onTestFinished(() => channel.close());
  return channel;
}

test("calls arrive as gRPC's, each with its own body", async () => {
  const bodies: string[] = [];
  const seen = new Set<string>();
  const port = await serve((stream, body, headers) => {
    bodies.push(body.subarray(5).toString());
    seen.add(`${headers[":method"]} ${headers[":path"]} ${headers["content-type"]} ${headers["te"]}`);
    finish(stream, "0");
  });
  const call = callTemplate("/some.Service/Method", Buffer.from(`/node-${numberMark}`));
  const channels = [await open(port)];
  const { failures } = await closedLoop({
    channels,
    inFlight: 3,
    operations: 50,
    requests: (n) => [call, n],
  });
  expect(failures).toBe(0);
  expect([...seen]).toEqual(["POST /some.Service/Method application/grpc trailers"]);
  expect(bodies.sort()).toEqual(Array.from({ length: 50 }, (_, i) => `/node-${String(i).padStart(10, "0")}`));
});

test.each(["5", "14"])("a call that ends with status %s has failed", async (status) => {
  const port = await serve((stream) => finish(stream, status));
  const call = callTemplate("/s/m", Buffer.from("x"));
  const channels = [await open(port)];
  const { failures } = await closedLoop({ channels, inFlight: 2, operations: 5, requests: () => [call, 0] });
  expect(failures).toBe(5);
});

test("a call that is answered with a status alone, or reset, has failed", async () => {
  let calls = 0;
  const port = await serve((stream) => {
    if (calls++ % 2 === 0) stream.respond({ ":status": 200, "grpc-status": "8" }, { endStream: true });
    else stream.on("error", () => {}).close(http2.constants.NGHTTP2_REFUSED_STREAM);
  });
  const call = callTemplate("/s/m", Buffer.from("x"));
  const channels = [await open(port)];
  const { failures } = await closedLoop({ channels, inFlight: 1, operations: 4, requests: () => [call, 0] });
  expect(failures).toBe(4);
});

test("more data than the connection's window holds goes out bit by bit", async () => {
  const port = await serve((stream, body) => finish(stream, body.length === 16_005 ? "0" : "3"));
  const call = callTemplate("/s/m", Buffer.alloc(16_000));
  const channels = [await open(port)];
  const load = closedLoop({ channels, inFlight: 20, operations: 60, requests: () => [call, 0] });
  expect((await load).failures).toBe(0);
});

test("a long stream carries messages of any size both ways", async () => {
  const server = http2.createServer();
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection = await StreamConnection.open((server.address() as AddressInfo).port);
  onTestFinished(() => {
    connection.close();
    server.close();
  });
  const sizes = [0, 1, 16_384, 300_000, 3];
  const received: number[] = [];
  await new Promise<void>((resolve) => {
    const stream = connection.openStream("/s/m", {
      message(message) {
        received.push(message.length);
        if (received.length === sizes.length) resolve();
      },
      ended: () => {},
    });
    for (const size of sizes) stream.send(Buffer.alloc(size));
    connection.flush();
  });
  expect(received).toEqual(sizes);
});

test("a connection that is lost fails the load", async () => {
  const port = await serve((stream) => stream.session!.destroy());
  const call = callTemplate("/s/m", Buffer.from("x"));
  const channels = [await open(port)];
  const load = closedLoop({ channels, inFlight: 1, operations: 1, requests: () => [call, 0] });
  await expect(load).rejects.toThrow(/closed the connection|goodbye/);
});
