import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { digestOf } from "../../src/auth/basic.ts";
import { Tokens } from "../../src/auth/tokens.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import {
  connectionGoodbyeMs,
  keyFilesIntervalMs,
  lifetimesIntervalMs,
  tokenClockSkewMs,
} from "../../src/limits.ts";
import { tempDir } from "../journal/state.ts";
import { connectClient, eventually } from "../support/client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { failureOf, RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";
import { audience, issuer, keySet, TokenIssuer } from "../support/tokens.ts";

const rpc = Coordination.method;
const authority = new TokenIssuer("first");
const other = new TokenIssuer("second");

/** A server that takes tokens of two authorities. */
async function start(options: Parameters<typeof startServer>[0] = {}) {
  const clock = new ManualClock();
  clock.setWall(Date.now());
  const keysFile = join(tempDir(), "jwks.json");
  writeFileSync(keysFile, keySet(authority, other));
  const log = { info: () => {}, warn: () => {} };
  const tokens = await Tokens.open({ keysFile, issuer, audience }, { clock, log });
  const superDigest = digestOf({ user: "super", password: "test" });
  const authenticator = new Authenticator({ clock, demand: "none", tokens, superDigest });
  onTestFinished(() => tokens.keys.stop());
  const server = await startServer({ clock, authenticator, ...options });
  // Before the check of what is left: the files are looked at as long as the server runs.
  const stop = server.stop.bind(server);
  onTestFinished(async () => {
    await stop();
    tokens.keys.stop();
  });
  return { ...server, keysFile };
}

function by(authorization: string): { metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set("authorization", authorization);
  return { metadata };
}

const basic = (user: string, password = "x") =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** Every kind of stream, opened by somebody, with the message that shows that it runs. */
async function openStreams(client: RpcClient, options: { metadata: Metadata }) {
  const watch = client.bidi(rpc.watch, options);
  watch.send({ add: [{ watchId: 1n, path: "/" }] });
  const keepAlive = client.bidi(rpc.keepAlive, options);
  keepAlive.send({});
  const pipeline = client.bidi(rpc.pipeline, options);
  pipeline.send({ operations: [{ operation: { case: "exists", value: { path: "/" } } }] });
  const streams = { watch, keepAlive, pipeline };
  for (const stream of Object.values(streams)) expect(await stream.next()).toBeDefined();
  return streams;
}

interface Answers {
  next(): Promise<unknown>;
  readonly status: Promise<unknown>;
}

const expired = { code: "UNAUTHENTICATED", reason: "CREDENTIALS_EXPIRED" };

describe("a stream ends when its token does", () => {
  test("when that expires, and no earlier; others go on", async () => {
    const { client, clock } = await start();
    const exp = Math.floor(clock.wallMs() / 1_000) + 60;
    const streams = await openStreams(client, by(`Bearer ${authority.token({ exp })}`));
    const lasting = await openStreams(client, by(`Bearer ${authority.token({ exp: exp + 3_600 })}`));
    const users = await openStreams(client, by(basic("ada")));
    clock.setWall(exp * 1_000 + tokenClockSkewMs - 1 - lifetimesIntervalMs);
    clock.advance(lifetimesIntervalMs);
    streams.pipeline.send({ operations: [{ operation: { case: "sync", value: {} } }] });
    expect(await streams.pipeline.next()).toBeDefined();
    clock.setWall(exp * 1_000 + tokenClockSkewMs);
    clock.advance(lifetimesIntervalMs);
    for (const stream of Object.values(streams)) expect(await stream.status).toMatchObject(expired);
    for (const { pipeline } of [lasting, users]) {
      pipeline.send({ operations: [{ operation: { case: "sync", value: {} } }] });
      expect(await pipeline.next()).toBeDefined();
    }
    for (const stream of [...Object.values(lasting), ...Object.values(users)]) stream.cancel();
  });

  test("when the key that signed it is withdrawn; tokens of other keys go on", async () => {
    const { client, clock, keysFile } = await start();
    const streams = await openStreams(client, by(`Bearer ${authority.token()}`));
    const kept = await openStreams(client, by(`Bearer ${other.token()}`));
    writeFileSync(keysFile, keySet(other));
    let over = 0;
    for (const stream of Object.values(streams)) void stream.status.then(() => over++);
    await vi.waitFor(() => {
      clock.advance(keyFilesIntervalMs);
      expect(over).toBe(3);
    });
    for (const stream of Object.values(streams)) expect(await stream.status).toMatchObject(expired);
    kept.pipeline.send({ operations: [{ operation: { case: "sync", value: {} } }] });
    expect(await kept.pipeline.next()).toBeDefined();
    for (const stream of Object.values(kept)) stream.cancel();
  });

  test.each<[string, (client: RpcClient, options: object) => Answers]>([
    ["Scan", (client, options) => client.serverStream(rpc.scan, { path: "/", withData: true }, options)],
    ["Backup", (client, options) => client.serverStream(Admin.method.backup, {}, options)],
  ])("also a %s whose client is slow to read", async (_name, open) => {
    const { client, clock, address } = await start();
    // More than all buffers on the way take.
    const text = "x".repeat(1_000_000);
    for (let i = 0; i < 60; i++) await client.unary(rpc.create, { path: `/n${i}`, text });
    const exp = Math.floor(clock.wallMs() / 1_000) + 60;
    const reader = new RpcClient(address);
    onTestFinished(() => reader.close());
    const stream = open(reader, by(`Bearer ${authority.token({ exp })}`));
    expect(await stream.next()).toBeDefined();
    clock.setWall(exp * 1_000 + tokenClockSkewMs);
    clock.advance(lifetimesIntervalMs);
    for (let message = await stream.next(); message !== undefined; ) message = await stream.next();
    expect(await stream.status).toMatchObject(expired);
  });

  test("and the client, whose function answers a new one, keeps its session and misses no event", async () => {
    const { clock, address, client: direct } = await start();
    const wallS = () => Math.floor(clock.wallMs() / 1_000);
    let asked = 0;
    const authorization = () => {
      asked++;
      return `Bearer ${authority.token({ exp: wallS() + 60 })}`;
    };
    const { client, clock: clientClock, states } = await connectClient(address, { authorization });
    const session = client.session!;
    const watch = client.watch("/a");
    await watch.ready;
    const before = asked;
    clock.setWall((wallS() + 60) * 1_000 + tokenClockSkewMs);
    clock.advance(lifetimesIntervalMs);
    await direct.unary(rpc.create, { path: "/a" });
    await eventually(() => states.includes("suspended"), clientClock);
    await eventually(() => client.state === "connected", clientClock);
    let event: unknown;
    void watch.next().then(({ value }) => {
      event = value;
    });
    await eventually(() => event !== undefined, clientClock);
    expect(event).toMatchObject({ kind: "nodeCreated", path: "/a" });
    expect(client.session!.id).toBe(session.id);
    expect(asked).toBeGreaterThan(before);
  });
});

describe("a connection that has reached its age", () => {
  test("ends its streams, finishes its calls and goes; the session goes on over another one", async () => {
    const { address, clock, engine } = await start({ maxConnectionAgeMs: 5_000 });
    const client = new RpcClient(address);
    onTestFinished(() => client.close());
    const streams = await openStreams(client, { metadata: new Metadata() });
    clock.advance(4_000);
    streams.pipeline.send({ operations: [{ operation: { case: "sync", value: {} } }] });
    expect(await streams.pipeline.next()).toBeDefined();
    clock.advance(2_000);
    for (const stream of Object.values(streams)) {
      expect(await stream.status).toMatchObject({
        code: "UNAVAILABLE",
        reason: "CONNECTION_EXPIRED",
        facts: { limit: "5000" },
      });
    }
    await vi.waitFor(async () => client.unary(rpc.sync, {}));
    expect(engine.tree.sessionCount).toBe(1);
  });

  test("is closed after a while, if its client does not go by itself", async () => {
    const { grpc, address, clock } = await start({ maxConnectionAgeMs: 60_000 });
    const client = new RpcClient(address);
    onTestFinished(() => client.close());
    await client.unary(rpc.sync, {});
    expect(grpc.connections.open).toBe(1);
    clock.advance(67_000 + connectionGoodbyeMs);
    await vi.waitFor(() => expect(grpc.connections.open).toBe(0));
  });
});

describe("a session of a server that binds sessions to identities", () => {
  const settings = { bindSessionsToIdentity: true };
  const notYours = { code: "PERMISSION_DENIED", reason: "SESSION_NOT_YOURS" };

  function actingFor(token: string, authorization?: string): { metadata: Metadata } {
    const { metadata } = authorization === undefined ? { metadata: new Metadata() } : by(authorization);
    metadata.set("corral-session", token);
    return { metadata };
  }

  test.each<[string, string, string | undefined]>([
    ["another user", basic("ada"), basic("bob")],
    ["the same name with another password", basic("ada"), basic("ada", "y")],
    ["nobody", basic("ada"), undefined],
    ["the super user", basic("ada"), basic("super", "test")],
    ["another subject", `Bearer ${authority.token()}`, `Bearer ${authority.token({ sub: "bob" })}`],
  ])("is of no use to %s", async (_who, owner, thief) => {
    const { client } = await start({ settings });
    const { sessionToken } = await client.unary(rpc.openSession, {}, by(owner));
    const stolen = actingFor(sessionToken, thief);
    const create = { path: "/a", mode: 3 };
    expect(await failureOf(client.unary(rpc.create, create, stolen))).toMatchObject(notYours);
    const anyone = thief === undefined ? {} : by(thief);
    expect(await failureOf(client.unary(rpc.closeSession, { sessionToken }, anyone))).toMatchObject(notYours);
    for (const stream of [client.bidi(rpc.watch, stolen), client.bidi(rpc.pipeline, stolen)])
      expect(await stream.status).toMatchObject(notYours);
    const keepAlive = client.bidi(rpc.keepAlive, anyone);
    keepAlive.send({ sessionToken });
    expect(await keepAlive.status).toMatchObject(notYours);
    await client.unary(rpc.create, create, actingFor(sessionToken, owner));
    await client.unary(rpc.closeSession, { sessionToken }, by(owner));
  });

  test("is of use to its owner with a later token, on another connection, and after a restart", async () => {
    const dataDir = tempDir();
    const first = await start({ settings, journal: await openSqliteJournal({ dataDir }) });
    const { sessionToken } = await first.client.unary(
      rpc.openSession,
      {},
      by(`Bearer ${authority.token({ jti: "1" })}`),
    );
    await first.stop();
    const second = await start({ settings, journal: await openSqliteJournal({ dataDir }) });
    const later = by(`Bearer ${authority.token({ jti: "2" })}`);
    await second.client.unary(rpc.closeSession, { sessionToken }, later);
  });

  test("that nobody has proven to be is tied to nobody, and so are those of a server without the setting", async () => {
    const bound = await start({ settings });
    const { sessionToken } = await bound.client.unary(rpc.openSession, {});
    await bound.client.unary(rpc.closeSession, { sessionToken }, by(basic("ada")));
    const unbound = await start();
    const { sessionToken: free } = await unbound.client.unary(rpc.openSession, {}, by(basic("ada")));
    await unbound.client.unary(rpc.closeSession, { sessionToken: free }, by(basic("bob")));
  });
});
