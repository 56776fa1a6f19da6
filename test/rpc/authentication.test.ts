import { Metadata } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../gen/ts/grpc/reflection/v1/reflection_pb.js";
import { Authenticator, type AuthenticatorOptions } from "../../src/auth/authenticator.ts";
import { digestOf } from "../../src/auth/basic.ts";
import { Tokens } from "../../src/auth/tokens.ts";
import { authFailuresFree } from "../../src/limits.ts";
import { tempFile } from "../cli/load.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { failureOf, RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";
import { audience, issuer, keySet, TokenIssuer } from "../support/tokens.ts";

const rpc = Coordination.method;
const authority = new TokenIssuer();

async function start(options: Partial<AuthenticatorOptions> = {}) {
  const clock = new ManualClock(Date.now());
  const around = { clock, log: { info: () => {}, warn: () => {} } };
  const keysFile = tempFile("jwks.json", keySet(authority));
  const tokens = await Tokens.open({ keysFile, issuer, audience }, around);
  const superDigest = digestOf({ user: "super", password: "test" });
  const authenticator = new Authenticator({ clock, demand: "none", tokens, superDigest, ...options });
  const server = await startServer({ clock, authenticator });
  onTestFinished(() => tokens.keys.stop());
  return server;
}

/** The metadata of somebody with these credentials. */
function as(authorization: string): { metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set("authorization", authorization);
  return { metadata };
}

const basic = (user: string, password: string) =>
  as(`Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`);

test("WhoAmI tells everybody that the caller is", async () => {
  const { client } = await start();
  const whoAmI = async (options = {}) =>
    (await client.unary(rpc.whoAmI, {}, options)).identities.map(({ scheme, id }) => `${scheme}:${id}`);
  const ip = "ip:127.0.0.1";
  const ada = digestOf({ user: "ada", password: "secret" });
  expect(await whoAmI()).toEqual([ip]);
  expect(await whoAmI(basic("ada", "secret"))).toEqual([ip, `digest:${ada}`]);
  expect(await whoAmI(as(`Bearer ${authority.token()}`))).toEqual([ip, "jwt:ada"]);
  // Calls of one connection may come from several people.
  expect(await whoAmI(basic("ada", "secret"))).toEqual([ip, `digest:${ada}`]);
  expect(await whoAmI()).toEqual([ip]);
});

test("wrong credentials end calls of every kind, before anything else is looked at", async () => {
  const { client } = await start();
  const wrong = as(`Bearer ${new TokenIssuer().token()}`);
  const failure = { code: "UNAUTHENTICATED", reason: "AUTH_FAILED" };
  expect(await failureOf(client.unary(rpc.get, { path: "bad" }, wrong))).toMatchObject(failure);
  expect(await failureOf(client.unary(rpc.sync, {}, { ...wrong, session: "1.x" }))).toMatchObject(failure);
  for (const stream of [client.bidi(rpc.keepAlive, wrong), client.bidi(rpc.watch, wrong)]) {
    stream.sendBytes(new Uint8Array());
    expect(await stream.status).toMatchObject(failure);
  }
  expect(await failureOf(client.unary(Admin.method.countWatches, {}, wrong))).toMatchObject(failure);
});

test("an address that guesses is slowed down; connections that have proven themselves are not", async () => {
  const { client, address } = await start();
  const root = basic("super", "test");
  await client.unary(rpc.whoAmI, {}, root);
  const guesser = new RpcClient(address);
  onTestFinished(() => guesser.close());
  for (let i = 0; i <= authFailuresFree; i++) {
    await failureOf(guesser.unary(rpc.whoAmI, {}, basic("super", `${i}`)));
  }
  expect(await failureOf(guesser.unary(rpc.whoAmI, {}, root))).toMatchObject({
    reason: "AUTH_FAILED",
    facts: { retry_after_ms: "100" },
  });
  await client.unary(rpc.whoAmI, {}, root);
  await guesser.unary(rpc.whoAmI, {});
});

test("a server may demand credentials; health and reflection stay open", async () => {
  const { client } = await start({ demand: "verified" });
  const failure = { code: "UNAUTHENTICATED", reason: "AUTHENTICATION_REQUIRED" };
  expect(await failureOf(client.unary(rpc.get, { path: "/" }))).toMatchObject(failure);
  expect(await failureOf(client.unary(rpc.get, { path: "/" }, basic("ada", "x")))).toMatchObject(failure);
  expect(await failureOf(client.unary(Admin.method.countWatches, {}))).toMatchObject(failure);
  const stream = client.bidi(rpc.keepAlive);
  stream.send({});
  expect(await stream.status).toMatchObject(failure);
  await client.unary(rpc.get, { path: "/" }, as(`Bearer ${authority.token()}`));
  await client.unary(Health.method.check, { service: "" });
  const reflection = client.bidi(ServerReflection.method.serverReflectionInfo);
  reflection.send({ messageRequest: { case: "listServices", value: "" } });
  expect((await reflection.next())?.messageResponse.case).toBe("listServicesResponse");
  reflection.end();
});
