import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { digestOf } from "../../src/auth/basic.ts";
import { Authority } from "../support/certificates.ts";
import { audience, issuer, keySet, TokenIssuer } from "../support/tokens.ts";
import { skipUnless } from "../support/tools.ts";
import { finish, languages, runProgram, startProgram, temporaryFolder } from "./programs.ts";
import { startServerProcess } from "./server-process.ts";

for (const { name, tools, prepare, programs } of languages) {
  skipUnless("openssl", ...tools)(`over TLS in ${name}`, () => {
    beforeAll(prepare, 300_000);

    test("a server knows a client by certificate, password or token, and lets in nobody else", async () => {
      const authority = new Authority();
      const server = authority.issue();
      const tokens = new TokenIssuer();
      const keysFile = join(authority.dir, "jwks.json");
      writeFileSync(keysFile, keySet(tokens));
      const { address, stop, kill } = await startServerProcess(
        temporaryFolder(),
        ...["--tls-cert-file", server.certFile, "--tls-key-file", server.keyFile],
        ...["--tls-client-ca-file", authority.certFile, "--tls-client-auth", "request"],
        ...["--jwt-keys-file", keysFile, "--jwt-issuer", issuer, "--jwt-audience", audience],
        ...["--require-authentication", "any"],
      );
      onTestFinished(kill);
      const at = address.replace("127.0.0.1", "localhost");
      const as = (options: object) => [at, JSON.stringify({ ca: authority.certFile, ...options })] as const;
      const who = async (options: object) =>
        (await runProgram(programs.whoami(), ...as(options))).trim().split("\n").slice(1);

      const { certFile: cert, keyFile: key } = authority.issue("/O=Acme, Inc./CN=provider");
      expect(await who({ cert, key })).toEqual(["x509:CN=provider,O=Acme\\, Inc."]);
      const authorization = `Basic ${Buffer.from("ada:secret").toString("base64")}`;
      expect(await who({ authorization })).toEqual([
        `digest:${digestOf({ user: "ada", password: "secret" })}`,
      ]);
      const bearer = `Bearer ${tokens.token()}`;
      expect(await who({ cert, key, authorization: bearer })).toEqual([
        "x509:CN=provider,O=Acme\\, Inc.",
        "jwt:ada",
      ]);
      for (const nobody of [{}, { authorization: `Bearer ${new TokenIssuer().token()}` }]) {
        const { code, stderr } = await finish(startProgram(programs.whoami(), ...as(nobody)));
        expect(code).toBe(1);
        expect(stderr).toMatch(/credentials/);
      }
      expect(await stop()).toBe(0);
    }, 60_000);
  });
}
