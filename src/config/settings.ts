import type { z } from "zod";
import {
  clientMemoryBytesMaxDefault,
  clientMemoryBytesMin,
  transactionOperationsMaxDefault,
} from "../limits.ts";
import { defaultDataDir } from "./default-data-dir.ts";
import {
  choice,
  file,
  host,
  integer,
  isPlainPath,
  optional,
  plainPathRule,
  type Setting,
  text,
  toggle,
} from "./setting.ts";

const dayMs = 86_400_000;

/** Every setting there is. Flags, variables, file keys, help, checks and documentation all come from here. */
export const schema = {
  host: host({
    default: "127.0.0.1",
    help: "Address to listen on. Before it is not the loopback one, read docs/security.md.",
  }),
  port: integer({ default: 7181, min: 0, max: 65_535, help: "gRPC port; 0 takes any free one." }),
  healthPort: integer({
    default: 0,
    min: 0,
    max: 65_535,
    help: "Port that answers health checks alone, in clear and for anybody; 0 opens none.",
  }),
  httpPort: integer({
    default: 7180,
    min: 0,
    max: 65_535,
    help: "Port for probes, metrics and status over HTTP, in clear and for anybody; 0 opens none.",
  }),
  httpHost: host({
    default: "127.0.0.1",
    help: "Address of that port. It shows neither data nor paths, but asks nobody who he is.",
  }),
  tlsCertFile: file({ help: "The server's certificate and those of its issuers, in PEM: switches TLS on." }),
  tlsKeyFile: file({ help: "The private key of that certificate, in PEM, without a passphrase." }),
  tlsClientCaFile: file({
    help: "Certificates of the authorities that issue clients' certificates, in PEM.",
  }),
  tlsClientAuth: choice({
    words: ["none", "request", "require"],
    default: "none",
    help: "Client certificates: not asked for, checked if there is one, or needed to connect.",
  }),
  requireAuthentication: choice({
    words: ["none", "any", "verified"],
    default: "none",
    help: "Refuse calls without credentials, and with verified also those of users by Basic, whose password only ACLs check.",
  }),
  superDigest: text({
    default: "",
    help: "The super user, to whom no ACL applies, as user:base64(SHA1(user:password)).",
    rule: "a user and a digest such as super:D/InIHSb7yEEbrWz8b9l71RjZJU=, or empty for none",
    accepts: (value) => value === "" || /^[^:]+:[A-Za-z0-9+/]{27}=$/.test(value),
  }),
  superDigestFile: file({
    help: "A file with that text, instead: for its owner alone, and not on a command line or in a configuration.",
  }),
  jwtKeysFile: file({
    help: "Public keys of who issues tokens, a JSON Web Key Set or one key in PEM: switches tokens on.",
  }),
  jwtIssuer: optional({ help: "The issuer that a token must name in iss." }),
  jwtAudience: optional({
    help: "The audience that a token must name in aud: this server, or a group of them.",
  }),
  bindSessionsToIdentity: toggle({
    default: false,
    help: "Let a session's token be used only by the identity that opened the session: certificate, user or subject.",
  }),
  dataDir: text({
    default: {
      text: "/var/lib/corral for root, else $XDG_DATA_HOME/corral or ~/.local/share/corral",
      of: ({ surroundings }) => defaultDataDir(surroundings),
    },
    help: "Directory of the database, created if missing; a relative path starts at the working directory.",
    rule: `the path of a directory ${plainPathRule}`,
    accepts: (value) => value !== "" && isPlainPath(value),
  }),
  tickMs: integer({
    default: 2_000,
    min: 10,
    max: 600_000,
    unit: "ms",
    help: "A tick: sessions expire at most this long after their timeout.",
  }),
  minSessionTimeoutMs: integer({
    default: { text: "2 ticks", of: ({ tickMs }) => 2 * tickMs },
    min: 10,
    // Far below the 24.8 days at which Node's timers overflow.
    max: dayMs,
    unit: "ms",
    help: "Shortest session timeout granted; a client that asks for less gets this.",
  }),
  maxSessionTimeoutMs: integer({
    default: { text: "20 ticks", of: ({ tickMs }) => 20 * tickMs },
    min: 10,
    max: dayMs,
    unit: "ms",
    help: "Longest session timeout granted; a client that asks for more gets this.",
  }),
  watchBookmarkIntervalMs: integer({
    default: 5_000,
    min: 100,
    max: 600_000,
    unit: "ms",
    help: "How long a watch stream may be silent before it is sent a bookmark, a sign of life.",
  }),
  historyMaxTransactions: integer({
    default: 1_000_000,
    min: 1,
    max: 1_000_000_000,
    help: "Changes kept for watches that resume; older ones are pruned.",
  }),
  historyMaxBytes: integer({
    default: 268_435_456,
    min: 1,
    max: 1_099_511_627_776,
    unit: "bytes",
    help: "Disk space of the changes kept for watches that resume.",
  }),
  historyMaxAgeMs: integer({
    default: 7 * dayMs,
    min: 1,
    max: 3_650 * dayMs,
    unit: "ms",
    help: "How long changes are kept for watches that resume; pruned within seconds after that.",
  }),
  maxTransactionOperations: integer({
    default: transactionOperationsMaxDefault,
    min: 1,
    max: 10_000,
    help: "Conditions and operations of one Transact, those of both branches together.",
  }),
  maxConnections: integer({
    default: 20_000,
    min: 0,
    max: 1_000_000,
    help: "Connections open at once; 0 sets no limit.",
  }),
  maxConnectionsPerAddress: integer({
    default: 10_000,
    min: 0,
    max: 1_000_000,
    help: "Connections open at once from one client address, or IPv6 /64; 0 sets no limit.",
  }),
  maxConnectionAgeMs: integer({
    default: 0,
    min: 0,
    max: 365 * dayMs,
    unit: "ms",
    help: "How long a connection lasts before its client is asked to make a new one, a tenth more or less; 0: for ever.",
  }),
  maxSessionsPerAddress: integer({
    default: 100_000,
    min: 0,
    max: 1_000_000,
    help: "Sessions open at once that were opened from one client address, or IPv6 /64; 0 sets no limit.",
  }),
  maxSessionsPerIdentity: integer({
    default: 100_000,
    min: 0,
    max: 1_000_000,
    help: "Sessions open at once that were opened by one user; 0 sets no limit.",
  }),
  maxWatchesPerAddress: integer({
    default: 2_000_000,
    min: 0,
    max: 10_000_000,
    help: "Watches of one client address, or IPv6 /64, on all its streams; 0 sets no limit.",
  }),
  maxWatchesPerIdentity: integer({
    default: 2_000_000,
    min: 0,
    max: 10_000_000,
    help: "Watches of one user, on all streams; 0 sets no limit.",
  }),
  clientMemoryMaxBytes: integer({
    default: clientMemoryBytesMaxDefault,
    min: clientMemoryBytesMin,
    max: 1_099_511_627_776,
    unit: "bytes",
    help: "Memory that is held for clients: what they have not read, what waits of their messages, and paths of watches. Beyond it the largest holders are cut off.",
  }),
  enforceQuota: toggle({
    default: true,
    help: "Refuse what exceeds a hard limit of a quota; otherwise only warn, as for soft limits.",
  }),
  logLevel: choice({
    words: ["error", "warn", "info", "debug"],
    default: "info",
    help: "Least severe log lines to write.",
  }),
  diskLowBytes: integer({
    default: 268_435_456,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: "bytes",
    help: "Free disk space below which the alarm disk_low is raised; 0: never.",
  }),
  slowFsyncMs: integer({
    default: 500,
    min: 0,
    max: dayMs,
    unit: "ms",
    help: "Commits for which the disk takes longer are logged; 0 logs none.",
  }),
  slowRequestMs: integer({
    default: 1_000,
    min: 0,
    max: dayMs,
    unit: "ms",
    help: "Unary calls that take longer are logged, a line a second at most; 0 logs none.",
  }),
  metricsCompat: choice({
    words: ["none", "zookeeper"],
    default: "none",
    help: "Names to add to the metrics, for boards and alerts that were made for another server.",
  }),
  auditLog: text({
    default: "",
    help: "Where to write who changed what and who was refused, a line each.",
    rule: `stdout, the path of a file ${plainPathRule}, or empty for none`,
    accepts: isPlainPath,
  }),
  acceptDataLoss: toggle({
    default: false,
    help: "Start even if the database has lost acknowledged writes. For one start after a disaster.",
  }),
};

/** A setting's name in code. Users see the names that {@link namesOf} derives from it. */
export type SettingName = keyof typeof schema;

/** All settings, checked and with their defaults filled in. */
export type Settings = {
  readonly [N in SettingName]: (typeof schema)[N] extends Setting<infer T> ? T : never;
};

export type LogLevel = z.infer<typeof schema.logLevel.type>;

/** What nobody but the server has to know. */
export const secretSettings: ReadonlySet<SettingName> = new Set<SettingName>(["superDigest"]);

/** All settings in the order in which they are shown. */
export const settingNames = Object.keys(schema) as SettingName[];

/** A setting without its own type, for code that treats all of them alike. */
export function settingOf(name: SettingName): Setting<unknown> {
  return schema[name] as Setting<unknown>;
}

/** The one rule of naming: the words of a name, as each source writes them. */
export function namesOf(name: string): { readonly key: string; readonly env: string; readonly flag: string } {
  const words = name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
  return {
    key: words.join("_"),
    env: `CORRAL_${words.join("_").toUpperCase()}`,
    flag: `--${words.join("-")}`,
  };
}

/** A setting's default as documentation shows it. */
export function defaultText(name: SettingName): string {
  const value = schema[name].default;
  return typeof value === "object" ? value.text : String(value) || "none";
}
