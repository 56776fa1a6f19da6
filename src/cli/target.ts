import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { type ClientKey, clientKeys, contextVariable, variableOf } from "../config/client-keys.ts";
import { contextsFile, readContext } from "../config/contexts.ts";
import { shown, UsageError } from "../config/usage-error.ts";
import type { ConnectionFlags } from "./connection-flags.ts";
import { durationMs } from "./duration.ts";
import { fileFailure } from "./file-failure.ts";
import type { FlagValues } from "./flags.ts";
import { type Format, formatOf } from "./output.ts";

/** Which server to talk to, as whom, and how to print what it says. */
export interface Target {
  readonly endpoints: readonly string[];
  readonly timeoutMs: number;
  readonly format: Format;
  /** The value of the `authorization` metadata. */
  readonly authorization: string | undefined;
  /** In PEM; undefined for no TLS. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
}

/** A flag comes before a variable, and that before the context. @throws UsageError */
export async function targetOf(
  flags: FlagValues<ConnectionFlags>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Target> {
  const context = await readContext(contextsFile(env, homedir()), flags.context ?? env[contextVariable]);
  const given = { ...flags, ca_file: flags.caFile, cert_file: flags.certFile, key_file: flags.keyFile };
  const settings: Partial<Record<ClientKey, string>> = {};
  for (const key of clientKeys) {
    const value = given[key] ?? (env[variableOf(key)] || context[key]);
    if (value !== undefined) settings[key] = String(value);
  }
  return {
    endpoints: endpointsIn(settings.endpoint ?? "127.0.0.1:7181"),
    timeoutMs: durationMs(settings.timeout ?? "5s", "--timeout"),
    format: formatOf(settings.output ?? "table"),
    authorization: authorizationOf(settings),
    tls: tlsOf(settings),
  };
}

function endpointsIn(text: string): readonly string[] {
  const list = text.split(",");
  for (const one of list) {
    const [, , port = "0"] = /^([^\s:/]+|\[[\da-fA-F:.]+\]):(\d{1,5})$/.exec(one) ?? [];
    if (Number(port) < 1 || Number(port) > 65_535)
      throw new UsageError(`--endpoint must be host:port, or several with commas, not ${shown(text)}`);
  }
  return list;
}

function authorizationOf({ user, token }: Partial<Record<ClientKey, string>>): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  if (user === undefined) return undefined;
  return basic(user);
}

/** What `name:password` becomes in metadata. */
export function basic(user: string): string {
  if (!user.includes(":")) throw new UsageError("--user must be name:password");
  return `Basic ${Buffer.from(user).toString("base64")}`;
}

/** What files in PEM come to; undefined for no TLS. @throws UsageError */
export function tlsOf({
  tls,
  ca_file,
  cert_file,
  key_file,
}: Partial<Record<ClientKey, string | undefined>>): Target["tls"] {
  if (tls !== undefined && !["true", "false"].includes(tls))
    throw new UsageError(`tls must be true or false, not ${shown(tls)}`);
  if ((cert_file === undefined) !== (key_file === undefined))
    throw new UsageError("--cert-file and --key-file go together");
  if (tls !== "true" && ca_file === undefined && cert_file === undefined) return undefined;
  return {
    ...(ca_file === undefined ? {} : { ca: read(ca_file) }),
    ...(cert_file === undefined ? {} : { cert: read(cert_file) }),
    ...(key_file === undefined ? {} : { key: read(key_file) }),
  };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileFailure(file, "read", error);
  }
}
