import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Authorization } from "../client/index.ts";
import { type ClientKey, clientKeys, contextVariable, variableOf } from "../config/client-keys.ts";
import { contextsFile, readContext } from "../config/contexts.ts";
import { shown, UsageError } from "../config/usage-error.ts";
import type { ConnectionFlags } from "./connection-flags.ts";
import { type AskSecret, authorizationFrom, type Credentials } from "./credentials.ts";
import { durationMs } from "./duration.ts";
import { fileFailure } from "./file-failure.ts";
import type { FlagValues } from "./flags.ts";
import { type Format, formatOf } from "./output.ts";

/** Which server to talk to, as whom, and how to print what it says. */
export interface Target {
  readonly endpoints: readonly string[];
  readonly timeoutMs: number;
  readonly format: Format;
  /** Who acts. */
  readonly authorization: Authorization | undefined;
  /** In PEM; undefined for no TLS. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
}

/**
 * A flag comes before a variable, and that before the context. Who acts is said by the first of them that says
 * anything of it. @throws UsageError
 * @param ask for a password that is missing; by default, nobody is there
 */
export async function targetOf(
  flags: FlagValues<ConnectionFlags>,
  env: Readonly<Record<string, string | undefined>>,
  ask: AskSecret = async () => undefined,
): Promise<Target> {
  const context = await readContext(contextsFile(env, homedir()), flags.context ?? env[contextVariable]);
  const given: Partial<Record<ClientKey, string | number | true | undefined>> = {
    ...flags,
    ca_file: flags.caFile,
    cert_file: flags.certFile,
    key_file: flags.keyFile,
    password_file: flags.passwordFile,
    token_file: flags.tokenFile,
  };
  const settings: Partial<Record<ClientKey, string>> = {};
  for (const key of clientKeys) {
    const value = given[key] ?? (env[variableOf(key)] || context[key]);
    if (value !== undefined) settings[key] = String(value);
  }
  return {
    endpoints: endpointsIn(settings.endpoint ?? "127.0.0.1:7181"),
    timeoutMs: durationMs(settings.timeout ?? "5s", "--timeout"),
    format: formatOf(settings.output ?? "table"),
    authorization: await authorizationFrom(credentialsOf(given, env, context), ask),
    tls: tlsOf(settings),
  };
}

/** A password may come from a variable, for a user that is named elsewhere. */
function credentialsOf(
  given: Partial<Record<ClientKey, string | number | true | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
  context: Partial<Record<ClientKey, string>>,
): Credentials {
  const sources = [
    (key: ClientKey) => given[key],
    (key: ClientKey) => env[variableOf(key)] || undefined,
    (key: ClientKey) => context[key],
  ];
  const names = ["user", "token", "token_file"] as const;
  const at = sources.findIndex((source) => names.some((key) => source(key) !== undefined));
  const named = sources[at];
  if (named === undefined) return {};
  const found: Credentials = {};
  for (const key of names) if (named(key) !== undefined) found[key] = String(named(key));
  for (const source of sources) {
    const key = (["password", "password_file"] as const).find((one) => source(one) !== undefined);
    if (key === undefined) continue;
    found[key] = String(source(key));
    break;
  }
  return found;
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
