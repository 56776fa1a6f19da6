import { type ClientHttp2Session, connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { expect, onTestFinished, test } from "vitest";
import { GetRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { startAdapter } from "../support/adapter-server.ts";
import { framed, rawGet } from "../support/raw-call.ts";
import { startServer } from "../support/start-server.ts";

/** grpc-js tells each client how it may compress; what is answered without it does not. */
const byGrpcJs = { "grpc-accept-encoding": expect.any(String) };

const getRoot = framed(toBinary(GetRequestSchema, create(GetRequestSchema, { path: "/" })));

function sessionWith(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  onTestFinished(() => session.destroy());
  return session;
}

test("canary: plain unary calls are answered without grpc-js, whether they have a deadline or not", async () => {
  const session = sessionWith((await startServer()).address);
  for (const headers of [{}, { "grpc-timeout": "99999999H" }, { "content-type": "application/grpc+proto" }]) {
    const answer = await rawGet(session, getRoot, { end: true, headers });
    expect(answer).toMatchObject({ code: "OK" });
    expect(answer.headers).not.toMatchObject(byGrpcJs);
  }
});

test("grpc-js answers what is not plain, by the same handlers", async () => {
  const session = sessionWith((await startServer()).address);
  for (const headers of [{ "grpc-encoding": "gzip" }, { "content-type": "application/grpc; x=y" }]) {
    const answer = await rawGet(session, getRoot, { end: true, headers });
    expect(answer).toMatchObject({ code: "OK", headers: byGrpcJs });
  }
  const token = { "corral-session": "1.none" };
  for (const headers of [token, { ...token, "grpc-encoding": "gzip" }]) {
    const refused = await rawGet(session, getRoot, { end: true, headers });
    expect(refused).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SESSION_EXPIRED" });
  }
});

test("a message may come in pieces of any size", async () => {
  const session = sessionWith((await startServer()).address);
  const bytes = [...getRoot].map((byte) => Buffer.of(byte));
  expect(await rawGet(session, bytes, { end: true })).toMatchObject({ code: "OK" });
});

test("a call whose message is cut short is UNIMPLEMENTED, as one without a message", async () => {
  const session = sessionWith((await startServer()).address);
  for (const part of [getRoot.subarray(0, 4), getRoot.subarray(0, -1)])
    expect(await rawGet(session, part, { end: true })).toMatchObject({ code: "UNIMPLEMENTED" });
});

test("a call that is not answered in its time ends with DEADLINE_EXCEEDED, and nothing comes after it", async () => {
  const late = Promise.withResolvers<{ zxid: bigint }>();
  const { address, calls, logged } = await startAdapter({ get: () => late.promise });
  const session = sessionWith(address);
  const headers = { "grpc-timeout": "5m" };
  expect(await rawGet(session, getRoot, { end: true, headers })).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  late.resolve({ zxid: 1n });
  await calls.close({ reason: "SHUTTING_DOWN", message: "" });
  expect(logged).toEqual([]);
});

test("a call that is given up before it is half-closed is forgotten", async () => {
  const seen: string[] = [];
  const { address, client } = await startAdapter({
    get: ({ path }) => {
      seen.push(path);
      return {};
    },
  });
  const session = sessionWith(address);
  const stream = session.request({
    ":method": "POST",
    ":path": "/corral.v1.Coordination/Get",
    "content-type": "application/grpc",
  });
  stream.write(getRoot);
  stream.close(8);
  await new Promise((resolve) => stream.on("close", resolve));
  expect(await rawGet(session, getRoot, { end: true })).toMatchObject({ code: "OK" });
  expect(seen).toEqual(["/"]);
  client.close();
});
