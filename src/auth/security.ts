import type { Clock } from "../clock.ts";
import { Authenticator, type Demand } from "./authenticator.ts";
import type { KeyLog } from "./key-files.ts";
import { type ClientAuth, openTls, type Tls } from "./tls-keys.ts";
import { Tokens } from "./tokens.ts";

/** What operators set; an empty text stands for none. */
export interface SecuritySettings {
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  readonly tlsClientCaFile: string;
  readonly tlsClientAuth: ClientAuth;
  readonly requireAuthentication: Demand;
  readonly superDigest: string;
  readonly jwtKeysFile: string;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
}

export interface SecurityOptions {
  readonly clock: Clock;
  readonly log: KeyLog;
  /** Told of the address that wrong credentials came from. */
  readonly failed: (address: string) => void;
}

/** All that a front end needs to know of keys and credentials. */
export interface Security {
  /** Undefined: in clear. */
  readonly tls: Tls | undefined;
  readonly authenticator: Authenticator;
  /** Looks at the files no more. */
  stop(): void;
}

/** @throws KeyFileError */
export async function openSecurity(
  settings: SecuritySettings,
  { clock, log, failed }: SecurityOptions,
): Promise<Security> {
  const tls = await tlsOf(settings, { clock, log });
  try {
    const tokens = await tokensOf(settings, { clock, log });
    const { requireAuthentication: demand, superDigest } = settings;
    const authenticator = new Authenticator({
      clock,
      demand,
      superDigest: superDigest || undefined,
      tokens,
      failed,
    });
    const stop = () => {
      tls?.keys.stop();
      tokens?.keys.stop();
    };
    return { tls, authenticator, stop };
  } catch (error) {
    tls?.keys.stop();
    throw error;
  }
}

async function tlsOf(
  {
    tlsCertFile: certFile,
    tlsKeyFile: keyFile,
    tlsClientCaFile,
    tlsClientAuth: clientAuth,
  }: SecuritySettings,
  around: { readonly clock: Clock; readonly log: KeyLog },
): Promise<Tls | undefined> {
  if (certFile === "") return undefined;
  return openTls({ certFile, keyFile, clientCaFile: tlsClientCaFile || undefined, clientAuth }, around);
}

async function tokensOf(
  { jwtKeysFile: keysFile, jwtIssuer: issuer, jwtAudience: audience }: SecuritySettings,
  around: { readonly clock: Clock; readonly log: KeyLog },
): Promise<Tokens | undefined> {
  return keysFile === "" ? undefined : Tokens.open({ keysFile, issuer, audience }, around);
}
