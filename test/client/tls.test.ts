import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { type ClientAuth, openTls } from "../../src/auth/tls-keys.ts";
import type { TlsOptions } from "../../src/client/index.ts";
import { Authority, type Pair } from "../support/certificates.ts";
import { collect, connectClient } from "../support/client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { startServer } from "../support/start-server.ts";
import { skipUnless } from "../support/tools.ts";

async function startTls(authority: Authority, clientAuth: ClientAuth) {
  const keys = authority.issue();
  // After the certificate was made, which is valid from that second on.
  const clock = new ManualClock(Date.now());
  const clientCaFile = clientAuth === "none" ? undefined : authority.certFile;
  const log = { info: () => {}, warn: () => {} };
  const tls = await openTls({ ...keys, clientCaFile, clientAuth }, { clock, log });
  const server = await startServer({ tls, clock });
  onTestFinished(() => tls.keys.stop());
  return server;
}

function keysOf(authority: Authority, pair?: Pair): TlsOptions {
  const ca = readFileSync(authority.certFile);
  if (pair === undefined) return { ca };
  return { ca, cert: readFileSync(pair.certFile), key: readFileSync(pair.keyFile) };
}

skipUnless("openssl")("over TLS", () => {
  test("a client has its session, its nodes and its watches", async () => {
    const authority = new Authority();
    const server = await startTls(authority, "none");
    const { client, states } = await connectClient(server.address, { tls: keysOf(authority) });
    await client.create("/a", "1", { mode: "ephemeral" });
    const watch = client.watch("/a", { kind: "data" });
    await watch.ready;
    await client.set("/a", "2");
    expect(await collect(watch)).toMatchObject([{ path: "/a" }]);
    expect((await client.get("/a")).stat.ephemeralOwner).toBe(client.session?.id);
    expect(states).not.toContain("lost");
  });

  test("a client with a certificate is who it says", async () => {
    const authority = new Authority();
    const server = await startTls(authority, "require");
    const tls = keysOf(authority, authority.issue("/CN=provider"));
    const { client } = await connectClient(server.address, { tls });
    expect(await client.whoAmI()).toContainEqual({ scheme: "x509", id: "CN=provider" });
  });

  test("a server of another authority is not spoken to", async () => {
    const server = await startTls(new Authority(), "none");
    const tls = keysOf(new Authority("/CN=Stranger"));
    const connecting = connectClient(server.address, { tls, timeoutMs: 500 });
    await expect(connecting).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  });

  test.each([
    ["an authority", { ca: Buffer.from("no certificate") }],
    ["a certificate", { cert: Buffer.from("none"), key: Buffer.from("none") }],
  ])("%s that cannot be used is told at once", async (_, tls) => {
    const refused = { reason: "BAD_ARGUMENTS", field: "tls" };
    await expect(connectClient("127.0.0.1:1", { tls })).rejects.toMatchObject(refused);
  });
});
