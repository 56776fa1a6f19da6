import type { SettingName } from "./settings.ts";
import { groupOf } from "./zoo-cfg-group.ts";
import { ignoredKeys } from "./zoo-cfg-ignored.ts";
import { refusedKeys } from "./zoo-cfg-refused.ts";

/**
 * Every key of a zoo.cfg that ZooKeeper 3.9 documents is used here, or listed as refused or as ignored. The keys are
 * those of its administrator's guide and the pages beside it (zookeeper-docs/src/main/resources/markdown), of
 * QuorumPeerConfig.java, and the system properties that its server reads: a key that ZooKeeper does not know
 * becomes the property `zookeeper.<key>`. Read in the branch of 3.9, July 2026.
 */
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

export type Verdict = { readonly refused: string } | { readonly ignored: string };

/** What becomes of a key that is no setting of Corral's; undefined if ZooKeeper does not know it either. */
export function verdictOn(key: string, value: string): Verdict | undefined {
  const refused = groupOf(refusedKeys, key);
  const ignored = groupOf(ignoredKeys, key);
  // A key that one list names whole may match a beginning in the other.
  if (refused === undefined || (ignored?.keys.includes(key) && !refused.keys.includes(key))) {
    return ignored && { ignored: ignored.reason };
  }
  const isHarmless = refused.harmless?.some((word) => word.toLowerCase() === value.toLowerCase());
  return isHarmless ? { ignored: "Corral behaves like this without the key" } : { refused: refused.reason };
}

/** Every whole name that is understood, to guess at what a misspelled one should have been. */
export const knownZooKeeperKeys: readonly string[] = [
  ...Object.keys(zooKeeperNames),
  ...[...refusedKeys, ...ignoredKeys].flatMap(({ keys }) => keys.filter((key) => !key.endsWith("*"))),
];
