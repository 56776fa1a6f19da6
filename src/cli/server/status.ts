import { readFileSync } from "node:fs";
import { type ProbeOptions, probe } from "../../client/probe.ts";
import { variableOf } from "../../config/client-keys.ts";
import { parseFlags } from "../../config/flags.ts";
import { loadSettings } from "../../config/load.ts";
import type { Settings } from "../../config/settings.ts";
import { dataDirectory } from "../../data-directory.ts";
import { surroundingsOf } from "../surroundings.ts";
import { tlsOf } from "../target.ts";
import type { Io } from "../verb.ts";
import { takeFlag, takeOutput } from "./own-flag.ts";
import { readRecord, type ServerRecord } from "./record.ts";

/** How long the server may take to answer, in milliseconds. */
const probeTimeoutMs = 5_000;

/** The exit codes of `corral server status`: those of the Linux Standard Base, and the CLI's own for "unavailable". */
export const statusCodes = { running: 0, dead: 1, stopped: 3, silent: 5 } as const;

/** What is known of the server of a data directory, as `-o json` prints it. */
interface Status {
  readonly state: keyof typeof statusCodes;
  readonly dataDir: string;
  readonly pid?: number | undefined;
  readonly address?: string | undefined;
  readonly since?: string | undefined;
  readonly zxid?: number | undefined;
  /** It takes no new sessions. */
  readonly draining?: true;
  readonly reason?: string | undefined;
}

/** Tells whether a server runs in the data directory, by its lock, and asks it how it is. */
export async function status(args: readonly string[], io: Io): Promise<number> {
  const cert = takeFlag(args, "--cert-file");
  const key = takeFlag(cert.args, "--key-file");
  const output = takeOutput(key.args);
  const flags = parseFlags(output.args, ["--json"]);
  const own = tlsOf({
    cert_file: cert.value ?? io.env[variableOf("cert_file")],
    key_file: key.value ?? io.env[variableOf("key_file")],
  });
  const known = await look(loadSettings(flags, surroundingsOf(io)).settings, own);
  io.out(
    output.isJson || flags.switches.has("--json") ? `${JSON.stringify(known)}\n` : `${inWords(known)}\n`,
  );
  return statusCodes[known.state];
}

/** @param own the certificate to show, and its key */
async function look(settings: Settings, own: ProbeOptions["own"]): Promise<Status> {
  const { dataDir } = settings;
  const record = readRecord(dataDir);
  if (!dataDirectory.isInUse(dataDir)) {
    return record?.pid === undefined
      ? { state: "stopped", dataDir }
      : { state: "dead", dataDir, ...facts(record) };
  }
  // One that has ended tells nothing of the server that is just starting.
  const running = record?.pid === undefined ? undefined : record;
  const address = running?.address ?? addressIn(settings);
  const known = { dataDir, ...(running && facts(running)), address };
  try {
    // As it was started, whatever is set where somebody asks.
    const certFile =
      running === undefined ? settings.tlsCertFile : (running.tls?.certFile ?? settings.tlsCertFile);
    const certificates = certFile === "" ? undefined : readFileSync(certFile);
    const { serving, zxid } = await probe({
      endpoint: address,
      certificates,
      own,
      timeoutMs: probeTimeoutMs,
    });
    // One that drains answers all the same.
    if (!serving && zxid !== undefined) return { state: "running", ...known, zxid, draining: true };
    if (!serving) return { state: "silent", ...known, reason: "it takes no calls, and may be stopping" };
    return { state: "running", ...known, zxid };
  } catch (error) {
    const demands = running?.tls?.clientAuth === "require" && own?.cert === undefined;
    const hint = demands ? "; it demands a certificate: --cert-file FILE --key-file FILE" : "";
    return { state: "silent", ...known, reason: `${(error as Error).message}${hint}` };
  }
}

function facts({ pid, address, since }: ServerRecord) {
  return { pid, address, since };
}

/** Where one that is still starting will listen. */
function addressIn({ host, port }: Settings): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function inWords({ state, dataDir, pid, address, since, zxid, draining, reason }: Status): string {
  const who = pid === undefined ? "" : ` (process ${pid})`;
  switch (state) {
    case "stopped":
      return `stopped: no server runs in ${dataDir}`;
    case "dead":
      return `dead: the server in ${dataDir}${who} was killed`;
    case "silent":
      return `silent: a server uses ${dataDir}${who}, but does not answer: ${reason}`;
    case "running":
      return [
        `running: ${address}${who}`,
        `data:    ${dataDir}`,
        ...(since === undefined ? [] : [`since:   ${since}`]),
        `zxid:    ${zxid ?? "not told without credentials"}`,
        ...(draining ? ["draining: it takes no new sessions"] : []),
      ].join("\n");
  }
}
