import type { SettingName } from "./settings.ts";

/** ZooKeeper's names for what Corral has as well. */
export const zooKeeperNames: Readonly<Record<string, SettingName>> = {
  tickTime: "tickMs",
  dataDir: "dataDir",
  clientPort: "port",
  clientPortAddress: "host",
  minSessionTimeout: "minSessionTimeoutMs",
  maxSessionTimeout: "maxSessionTimeoutMs",
  maxClientCnxns: "maxConnectionsPerAddress",
  maxCnxns: "maxConnections",
  "DigestAuthenticationProvider.superDigest": "superDigest",
  enforceQuota: "enforceQuota",
};

interface KeyGroup {
  /** Whole keys, or with a final * the beginnings of keys. */
  readonly keys: readonly string[];
  readonly reason: string;
  /** The values that ask for nothing which Corral does not do; absent: none. */
  readonly harmless?: RegExp;
}

/** Keys whose loss would weaken a guarantee or the security that the file asks for: the server must not start. */
export const refusedKeys: readonly KeyGroup[] = [
  { keys: ["forceSync"], harmless: /^yes$/, reason: "Corral syncs every write before it acknowledges it" },
  {
    keys: ["secureClientPort*", "ssl.*", "client.portUnification", "client.certReload", "fips-mode"],
    reason: "Corral's TLS takes files in PEM: --tls-cert-file and the flags beside it name them",
  },
  {
    keys: [
      "sslQuorum*",
      "portUnification",
      "quorum.*",
      "dynamicConfigFile",
      "group*",
      "weight*",
      "oraclePath",
    ],
    reason: "Corral is a single server, not an ensemble",
  },
  { keys: ["peerType"], harmless: /^participant$/i, reason: "Corral is a single server, not an ensemble" },
  {
    keys: [
      "authProvider*",
      "enforce.auth.*",
      "DigestAuthenticationProvider.*",
      "X509AuthenticationProvider.*",
      "superUser",
      "sessionRequireClientSASLAuth",
      "requireClientAuthScheme",
      "kerberos.*",
      "ensembleAuthName",
    ],
    reason: "Corral's own settings say who is let in: require_authentication and those beside it",
  },
  { keys: ["allowSaslFailedClients"], harmless: /^false$/i, reason: "Corral has no SASL" },
  { keys: ["skipACL"], harmless: /^no$/, reason: "Corral cannot be told to skip ACLs" },
  {
    keys: ["audit.enable"],
    harmless: /^false$/i,
    reason: "Corral's audit log needs a place: --audit-log names it",
  },
  {
    keys: ["jute.maxbuffer", "jute.maxbuffer.*"],
    reason: "a node holds 1 MiB of data in Corral, which cannot be changed",
  },
  {
    keys: ["datadir.autocreate"],
    harmless: /^true$/i,
    reason: "Corral creates a data directory that is missing",
  },
];

/** Keys that one Corral server can do without: accepted, and named in a warning. */
export const ignoredKeys: readonly KeyGroup[] = [
  {
    keys: [
      "initLimit",
      "syncLimit",
      "syncEnabled",
      "standaloneEnabled",
      "reconfigEnabled",
      "electionAlg",
      "cnxTimeout",
      "quorumListenOnAllIPs",
      "leaderServes",
      "observerMasterPort",
      "observer.*",
      "connectToLearnerMasterLimit",
      "learner.*",
      "leader.*",
      "multiAddress.*",
      "readonlymode.enabled",
      "localSessionsEnabled",
      "localSessionsUpgradingEnabled",
      "peerType",
      "tcpKeepAlive",
      "ipReachableTimeout",
    ],
    reason: "a single server has no ensemble to agree with",
  },
  {
    keys: [
      "dataLogDir",
      "autopurge.*",
      "snapCount",
      "snapSizeLimitInKb",
      "preAllocSize",
      "txnLogSizeLimitInKb",
      "snapshot.*",
      "commitLogCount",
      "fsync.warningthresholdms",
      "digest.enabled",
      "serializeLastProcessedZxid.enabled",
    ],
    reason: "one database in data_dir takes the place of logs and snapshots, and needs no purging",
  },
  {
    keys: ["admin.*", "4lw.commands.whitelist", "metricsProvider.*", "jvm.pause.*"],
    reason:
      "Corral tells of itself on a port of its own: http_port, and metrics_compat for ZooKeeper's names",
  },
  {
    keys: [
      "serverCnxnFactory",
      "nio.*",
      "nioSendBufferSize",
      "netty.*",
      "clientPortListenBacklog",
      "clientTcpKeepAlive",
      "globalOutstandingLimit",
      "globalOutstandingRequests",
      "maxResponseCacheSize",
      "maxGetChildrenResponseCacheSize",
      "watchManagerName",
      "watcherCleanThreadsNum",
      "watcherCleanThreshold",
      "watcherCleanIntervalInSeconds",
      "maxInProcessingDeadWatchers",
      "bitHashCacheSize",
      "commitProcessor.*",
      "request_throttle*",
      "request.*",
      "requestThrottle*",
      "throttled*",
      "shedConnectionsOnThrottle*",
      "connectionTokens*",
      "connectionMaxTokens",
      "connectionTokenFillTime",
      "connectionTokenFillCount",
      "connectionFreezeTime",
      "connectionDropIncrease",
      "connectionDropDecrease",
      "connectionDecreaseRatio",
      "advancedFlowControlEnabled",
      "largeRequestMaxBytes",
      "largeRequestThreshold",
      "flushDelay",
      "maxWriteQueuePollTime",
      "maxBatchSize",
      "intBufferStartingSizeBytes",
    ],
    reason: "they tune the inside of ZooKeeper",
  },
  {
    keys: ["extendedTypesEnabled", "znode.container.*", "closeSessionTxn.enabled"],
    reason: "Corral always offers containers and TTL nodes, and cleans up by its own schedule",
  },
  // What refusedKeys lets pass: it asks for what Corral does anyway.
  {
    keys: ["forceSync", "allowSaslFailedClients", "skipACL", "audit.enable", "datadir.autocreate"],
    reason: "Corral behaves like this without being told",
  },
];

/** The group that speaks of this key and, for refusals, of this value. */
export function groupOf(groups: readonly KeyGroup[], key: string, value: string): KeyGroup | undefined {
  return groups.find(
    ({ keys, harmless }) => !harmless?.test(value) && keys.some((pattern) => matches(pattern, key)),
  );
}

/** Every whole name that is understood, to guess at what a misspelled one should have been. */
export const knownZooKeeperKeys: readonly string[] = [
  ...Object.keys(zooKeeperNames),
  ...[...refusedKeys, ...ignoredKeys].flatMap(({ keys }) => keys.filter((key) => !key.endsWith("*"))),
];

function matches(pattern: string, key: string): boolean {
  return pattern.endsWith("*") ? key.startsWith(pattern.slice(0, -1)) : key === pattern;
}
