import { type ClientHttp2Session, connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { expect, onTestFinished, test } from "vitest";
import { GetRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { startAdapter } from "../support/adapter-server.ts";
import { framed, rawGet } from "../support/raw-call.ts";
import { startServer } from "../support/start-server.ts";

const getRoot = framed(toBinary(GetRequestSchema, create(GetRequestSchema, { path: "/" })));

function sessionWith(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  onTestFinished(() => session.destroy());
  return session;
}

test.each([
  {},
  { "grpc-timeout": "99999999H" },
  { "content-type": "application/grpc+proto" },
  { "content-type": "application/grpc; x=y" },
  { "grpc-encoding": "gzip" },
  { "grpc-encoding": "identity" },
])("a call with %o is served, and refused by what its metadata says", async (headers) => {
  const session = sessionWith((await startServer()).address);
  expect(await rawGet(session, getRoot, { end: true, headers })).toMatchObject({ code: "OK" });
  const token = { ...headers, "corral-session": "1.none" };
  const refused = await rawGet(session, getRoot, { end: true, headers: token });
  expect(refused).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SESSION_EXPIRED" });
});

test.each(["-1S", "1.5S", "123456789S", "1", "S", "1s", " 1S", "1S,1S", ""])(
  "a grpc-timeout of %j is an error, and not for ever",
  async (timeout) => {
    const session = sessionWith((await startServer()).address);
    const stream = session.request({
      ":method": "POST",
      ":path": "/corral.v1.Coordination/Get",
      "content-type": "application/grpc",
      "grpc-timeout": timeout,
    });
    stream.on("error", () => {});
    const answer = await new Promise<unknown>((resolve) => {
      stream.on("response", (headers) => resolve(headers["grpc-status"]));
      stream.on("close", () => resolve(stream.rstCode));
    });
    expect(["3", 1]).toContain(answer);
  },
);

test("a message in a compression that is not known is refused with those that are", async () => {
  const session = sessionWith((await startServer()).address);
  const answer = await rawGet(session, getRoot, { end: true, headers: { "grpc-encoding": "br" } });
  expect(answer).toMatchObject({
    code: "UNIMPLEMENTED",
    headers: { "grpc-accept-encoding": "identity,gzip" },
  });
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
