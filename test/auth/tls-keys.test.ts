import { copyFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openTls, type TlsOptions } from "../../src/auth/tls-keys.ts";
import { keyFilesIntervalMs } from "../../src/limits.ts";
import { Authority, type Pair } from "../support/certificates.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { runTool, skipUnless } from "../support/tools.ts";

const dayMs = 86_400_000;

async function open(pair: Pair, more: Partial<TlsOptions> = {}, clock = new ManualClock(Date.now())) {
  const logged: { level: string; reason?: unknown }[] = [];
  const log = {
    info: () => void logged.push({ level: "info" }),
    warn: ({ reason }: Readonly<Record<string, unknown>>) => void logged.push({ level: "warn", reason }),
  };
  const options: TlsOptions = { ...pair, clientCaFile: undefined, clientAuth: "none", ...more };
  const tls = await openTls(options, { clock, log });
  onTestFinished(() => tls.keys.stop());
  return { tls, clock, logged };
}

skipUnless("openssl")("the files of TLS", () => {
  test("what cannot be used is told with its file", async () => {
    const authority = new Authority();
    const pair = authority.issue();
    const other = authority.issue();
    const { certFile, keyFile } = pair;
    const missing = join(authority.dir, "missing");
    const noise = join(authority.dir, "noise");
    writeFileSync(noise, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    const locked = join(authority.dir, "locked.key");
    runTool(
      "openssl",
      ["ec", "-in", keyFile, "-aes128", "-passout", "pass:x", "-out", locked],
      authority.dir,
    );
    const faults: [Partial<TlsOptions>, string | RegExp][] = [
      [{ certFile: missing }, `${missing} cannot be read: it does not exist`],
      [{ keyFile: authority.dir }, `${authority.dir} cannot be read: it is a directory`],
      [{ certFile: keyFile }, `${keyFile} holds no certificate in PEM`],
      [{ keyFile: certFile }, `${certFile} holds no private key in PEM`],
      [{ keyFile: locked }, `${locked} holds a key with a passphrase: remove it`],
      [
        { keyFile: other.keyFile },
        `the key in ${other.keyFile} does not belong to the certificate in ${certFile}`,
      ],
      [authority.issue("/CN=localhost", -1), /^the certificate in .* has expired: it was valid to /],
      [{ clientCaFile: keyFile }, `${keyFile} holds no certificate in PEM`],
      [{ clientCaFile: noise }, `${noise} holds no certificate in PEM`],
    ];
    for (const [options, message] of faults) {
      await expect(open(pair, options)).rejects.toMatchObject({
        name: "KeyFileError",
        message: typeof message === "string" ? message : expect.stringMatching(message),
      });
    }
    const yesterday = new ManualClock(Date.now() - dayMs);
    await expect(open(pair, {}, yesterday)).rejects.toThrow(/is not valid yet: only from /);
  });

  test("new files are noticed, also behind a link; broken ones are told once and change nothing", async () => {
    const authority = new Authority();
    const [first, second] = [authority.issue(), authority.issue()];
    const certFile = join(authority.dir, "tls.crt");
    const keyFile = join(authority.dir, "tls.key");
    symlinkSync(first.certFile, certFile);
    symlinkSync(first.keyFile, keyFile);
    const { tls, clock, logged } = await open({ certFile, keyFile });
    const told = vi.fn();
    tls.keys.onChange(told);
    const before = tls.keys.current;
    const look = () => clock.advance(keyFilesIntervalMs);

    rmSync(certFile);
    symlinkSync(second.certFile, certFile);
    look();
    await vi.waitFor(() => expect(logged).toHaveLength(1));
    expect(logged[0]).toMatchObject({ level: "warn", reason: expect.stringContaining("does not belong") });
    rmSync(keyFile);
    await vi.waitFor(() => {
      look();
      expect(logged.at(-1)?.reason).toBe(`${keyFile} cannot be read: it does not exist`);
    });
    expect(logged).toHaveLength(2);
    expect(tls.keys.current).toBe(before);

    copyFileSync(second.keyFile, keyFile);
    await vi.waitFor(() => {
      look();
      expect(told).toHaveBeenCalledOnce();
    });
    expect(logged.at(-1)).toEqual({ level: "info" });
    expect(tls.keys.current.cert).not.toEqual(before.cert);
  });
});
