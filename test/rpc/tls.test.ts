import { appendFileSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { credentials } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.js";
import { type ClientAuth, openTls } from "../../src/auth/tls-keys.ts";
import type { GrpcServerOptions } from "../../src/frontends/grpc/server.ts";
import {
  healthConnectionsMax,
  keyFilesIntervalMs,
  lifetimesIntervalMs,
  prefaceTimeoutMs,
  warningIntervalMs,
} from "../../src/limits.ts";
import { Authority, type Pair } from "../support/certificates.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { failureOf, RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";
import { skipUnless } from "../support/tools.ts";

const rpc = Coordination.method;

/** Clients may send their issuer along, and OpenSSL tells that apart. */
const unknownIssuer = /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|CERT_SIGNATURE_FAILURE/;

/** A server with a certificate of the authority. */
async function startTls(
  authority: Authority,
  {
    clientAuth = "none",
    pair = authority.issue(),
    clientCa = authority,
    ...options
  }: Partial<GrpcServerOptions> & { clientAuth?: ClientAuth; pair?: Pair; clientCa?: Authority } = {},
) {
  const clock = new ManualClock(Date.now());
  const clientCaFile = clientAuth === "none" ? undefined : clientCa.certFile;
  const log = { info: () => {}, warn: () => {} };
  const tls = await openTls({ ...pair, clientCaFile, clientAuth }, { clock, log });
  const server = await startServer({ ...options, tls, clock, credentials: authority.channel() });
  // Before the server is checked: what is registered last runs first.
  onTestFinished(() => tls.keys.stop());
  return server;
}

function clientOf(address: string, channel: ReturnType<Authority["channel"]>): RpcClient {
  const client = new RpcClient(address, {}, channel);
  onTestFinished(() => client.close());
  return client;
}

const get = (client: RpcClient) => client.unary(rpc.get, { path: "/" }, { deadlineMs: 5_000 });

/** A handshake that ends before any HTTP/2: what was agreed on, or the code of the error. */
async function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({
    port,
    host: "127.0.0.1",
    servername: "localhost",
    rejectUnauthorized: false,
    ...options,
  });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  return socket;
}

skipUnless("openssl")("TLS", () => {
  test("calls and streams go through it; a client that does not trust the server does not connect", async () => {
    const { client, address } = await startTls(new Authority());
    expect((await get(client)).stat?.numChildren).toBe(1);
    const stream = client.bidi(rpc.keepAlive);
    stream.send({ timeoutMs: 10_000 });
    expect((await stream.next())?.sessionId).toBe(1n);
    stream.end();
    expect(await stream.status).toMatchObject({ code: "OK" });
    const stranger = clientOf(address, new Authority().channel());
    expect(await failureOf(get(stranger))).toMatchObject({ code: "UNAVAILABLE" });
    const plain = clientOf(address, credentials.createInsecure() as ReturnType<Authority["channel"]>);
    expect(await failureOf(get(plain))).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("versions before 1.2, and protocols other than HTTP/2, are refused", async () => {
    const { port, logged } = await startTls(new Authority());
    const agreed = await handshake(port, { ALPNProtocols: ["h2"], maxVersion: "TLSv1.2" });
    expect([agreed.getProtocol(), agreed.alpnProtocol]).toEqual(["TLSv1.2", "h2"]);
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(handshake(port, old)).rejects.toMatchObject({ code: /PROTOCOL_VERSION|UNSUPPORTED/ });
    await expect(handshake(port, { ALPNProtocols: ["http/1.1"] })).rejects.toMatchObject({
      code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    });
    expect(logged[0]).toMatchObject({
      peer: "127.0.0.1",
      reason: expect.stringMatching(/UNSUPPORTED_PROTOCOL/),
    });
  });

  test("strangers fill neither the log nor the server", { timeout: prefaceTimeoutMs + 5_000 }, async () => {
    const { port, logged, clock, client } = await startTls(new Authority());
    const silent = await RawConnection.open(port);
    for (let i = 0; i < 20; i++) {
      const connection = await RawConnection.open(port);
      connection.send("GET / HTTP/1.1\r\n\r\n");
      await connection.closed;
    }
    expect(logged).toHaveLength(1);
    clock.advance(warningIntervalMs);
    await silent.closed;
    expect(logged[1]).toMatchObject({ reason: "ERR_TLS_HANDSHAKE_TIMEOUT", left_out: 19 });
    await get(client);
  });

  test.each(["request", "require"] as const)("client certificates: %s", async (clientAuth) => {
    const authority = new Authority();
    const clientCa = new Authority("/CN=Client authority");
    const { address, logged, clock } = await startTls(authority, { clientAuth, clientCa });
    const callAs = (pair?: Pair) => get(clientOf(address, authority.channel(pair)));
    await callAs(clientCa.issue("/CN=provider"));
    const refused: [Pair, RegExp][] = [
      [clientCa.issue("/CN=late", -1), /CERT_HAS_EXPIRED/],
      [authority.issue("/CN=provider"), unknownIssuer],
      [new Authority("/CN=Client authority").issue("/CN=provider"), unknownIssuer],
    ];
    for (const [pair, reason] of refused) {
      clock.advance(warningIntervalMs);
      expect(await failureOf(callAs(pair))).toMatchObject({ code: "UNAVAILABLE" });
      expect(logged.at(-1)).toMatchObject({ reason: expect.stringMatching(reason) });
    }
    if (clientAuth === "request") await callAs();
    else expect(await failureOf(callAs())).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("a new certificate is for new connections; old ones go on", async () => {
    const authority = new Authority();
    const [first, second] = [authority.issue(), authority.issue("/CN=second")];
    const pair = { certFile: join(authority.dir, "tls.crt"), keyFile: join(authority.dir, "tls.key") };
    copyFileSync(first.certFile, pair.certFile);
    copyFileSync(first.keyFile, pair.keyFile);
    const { client, clock, port } = await startTls(authority, { pair });
    const subject = async () =>
      (await handshake(port, { ALPNProtocols: ["h2"] })).getPeerX509Certificate()?.subject;
    await get(client);
    expect(await subject()).toBe("CN=localhost");
    copyFileSync(second.certFile, pair.certFile);
    copyFileSync(second.keyFile, pair.keyFile);
    clock.advance(keyFilesIntervalMs);
    await vi.waitFor(async () => expect(await subject()).toBe("CN=second"));
    await get(client);
  });

  test("the limits of connections hold before any handshake", async () => {
    const { port } = await startTls(new Authority(), { maxConnections: 1 });
    const first = await RawConnection.open(port);
    const second = await RawConnection.open(port);
    await second.closed;
    expect(second.received).toHaveLength(0);
    first.socket.destroy();
  });

  test("a probe gets in at the health port, however many connections others hold there", async () => {
    const { grpc } = await startServer({ healthPort: 0 });
    const first = await RawConnection.open(grpc.healthPort!);
    const others = await Promise.all(
      Array.from({ length: healthConnectionsMax - 1 }, () => RawConnection.open(grpc.healthPort!)),
    );
    const probe = new RpcClient(`127.0.0.1:${grpc.healthPort}`);
    onTestFinished(() => probe.close());
    expect((await probe.unary(Health.method.check, { service: "" })).status).toBe(1);
    await first.closed;
    expect(others.filter(({ socket }) => socket.destroyed)).toEqual([]);
    for (const { socket } of others) socket.destroy();
  });

  test("the health port answers in clear, and nothing but health", async () => {
    const { grpc } = await startTls(new Authority(), { clientAuth: "require", healthPort: 0 });
    const address = `127.0.0.1:${grpc.healthPort}`;
    const probe = new RpcClient(address);
    onTestFinished(() => probe.close());
    expect((await probe.unary(Health.method.check, { service: "" })).status).toBe(1);
    const watch = probe.serverStream(Health.method.watch, { service: "" });
    expect((await watch.next())?.status).toBe(1);
    expect(await failureOf(get(probe))).toMatchObject({ code: "UNIMPLEMENTED" });
    await grpc.stop(2_000);
    expect(await watch.status).toMatchObject({ code: "UNAVAILABLE" });
  });

  describe("a connection ends with what its client's certificate rests on", () => {
    /** A client with a certificate that holds a stream, and one without. */
    async function begin(pairOf: (authority: Authority) => Pair, clientAuth: ClientAuth) {
      const authority = new Authority();
      const clientCa = new Authority("/O=Acme/CN=Clients");
      const pair = pairOf(clientCa);
      const server = await startTls(authority, { clientAuth, clientCa });
      const channel = credentials.createSsl(
        readFileSync(authority.certFile),
        readFileSync(pair.keyFile),
        readFileSync(pair.certFile),
      );
      const client = clientOf(server.address, channel as ReturnType<Authority["channel"]>);
      const open = async (of: RpcClient) => {
        const stream = of.bidi(rpc.watch);
        stream.send({ add: [{ watchId: 1n, path: "/" }] });
        expect((await stream.next())?.added).toHaveLength(1);
        return stream;
      };
      return { ...server, authority, clientCa, client, stream: await open(client), pair, open };
    }

    const gone = { code: "UNAVAILABLE", reason: "CONNECTION_EXPIRED" };

    test("the list of revoked certificates: it cannot connect again, and others go on", async () => {
      const { authority, clientCa, clock, client, stream, pair, address, open, logged } = await begin(
        (authority) => authority.issue("/CN=provider"),
        "request",
      );
      const other = await open(clientOf(address, authority.channel()));
      let over = false;
      void stream.status.then(() => {
        over = true;
      });
      appendFileSync(clientCa.certFile, clientCa.revocationList(pair));
      await vi.waitFor(() => {
        clock.advance(keyFilesIntervalMs);
        expect(over).toBe(true);
      });
      expect(await stream.status).toMatchObject(gone);
      expect(await failureOf(get(client))).toMatchObject({ code: "UNAVAILABLE" });
      expect(logged).toContainEqual(expect.objectContaining({ reason: "CERT_REVOKED" }));
      other.send({ bookmark: true });
      expect((await other.next())?.bookmark).toBeDefined();
      other.cancel();
    });

    test("its own end", async () => {
      const { clock, stream } = await begin((authority) => authority.issue("/CN=provider", 1), "require");
      clock.setWall(Date.now() + 86_400_000 + 60_000);
      clock.advance(lifetimesIntervalMs);
      expect(await stream.status).toMatchObject(gone);
    });
  });
});
