import type { FoundInFile } from "./config-file.ts";
import { didYouMean } from "./nearest.ts";
import { type Property, parseProperties } from "./properties.ts";
import { namesOf, type SettingName, settingNames } from "./settings.ts";
import { shown, UsageError } from "./usage-error.ts";
import { groupOf, ignoredKeys, knownZooKeeperKeys, refusedKeys, zooKeeperNames } from "./zoo-cfg-keys.ts";

/**
 * Reads a zoo.cfg: takes what Corral has as well, warns of what a single server can do without, and throws a
 * UsageError for what would change a guarantee, or is unknown to both. (ZooKeeper itself turns an unknown key
 * into a Java property, so that a misspelled one goes unnoticed.)
 */
export function readZooCfg(content: string, file: string): FoundInFile {
  const properties = parseProperties(content).map((property) => ({
    ...property,
    // The name by which ZooKeeper's manual gives the same option on the command line.
    key: property.key.replace(/^zookeeper\./, ""),
  }));
  const found: FoundInFile = { values: new Map(), warnings: [] };
  const ignored = new Map<string, string[]>();
  for (const property of properties.filter((one) => !isServer(one))) {
    const reason = readProperty(property, file, found);
    if (reason !== undefined) ignored.set(reason, [...(ignored.get(reason) ?? []), property.key]);
  }
  readServers(properties.filter(isServer), file, found);
  for (const [reason, keys] of ignored) found.warnings.push(`${file}: ${keys.join(", ")} ignored: ${reason}`);
  return found;
}

/** Answers why the property is ignored, or nothing if it is not. */
function readProperty({ key, value, line }: Property, file: string, found: FoundInFile): string | undefined {
  const name = Object.hasOwn(zooKeeperNames, key) ? zooKeeperNames[key] : undefined;
  if (name === undefined) {
    const refused = groupOf(refusedKeys, key, value);
    if (refused !== undefined) {
      throw new UsageError(`${file} line ${line}: ${key}=${value} is refused: ${refused.reason}`);
    }
    const group = groupOf(ignoredKeys, key, value);
    if (group === undefined) throw new UsageError(`${file} line ${line}: ${unknownKey(key)}`);
    return group.reason;
  }
  if (found.values.has(name)) {
    found.warnings.push(`${file} line ${line}: ${key} is set again; the last one counts`);
    found.values.delete(name);
  }
  // ZooKeeper's way to say "the default".
  const isDefault = (key === "minSessionTimeout" || key === "maxSessionTimeout") && value === "-1";
  if (!isDefault) found.values.set(name, { text: value, source: `${file} line ${line}, ${key}` });
  return undefined;
}

function unknownKey(key: string): string {
  const own = settingNames.find((name) => namesOf(name).key === key);
  return own === undefined
    ? `unknown key ${shown(key)}${didYouMean(key, knownZooKeeperKeys)}`
    : `${key} is Corral's own name, for files that end in .toml; here it is ${zooKeeperNameOf(own)}`;
}

function zooKeeperNameOf(name: SettingName): string {
  const entry = Object.entries(zooKeeperNames).find(([, own]) => own === name);
  return entry?.[0] ?? `not possible: use ${namesOf(name).flag} or ${namesOf(name).env}`;
}

function isServer({ key }: Property): boolean {
  return key.startsWith("server.");
}

/** An "ensemble" of one is a single server; Corral cannot be more. */
function readServers(servers: readonly Property[], file: string, found: FoundInFile): void {
  const [first, second] = servers;
  if (second !== undefined) {
    const keys = servers.map(({ key }) => key).join(", ");
    throw new UsageError(
      `${file} line ${second.line}: ${keys} are refused: they form an ensemble, and Corral is a single server`,
    );
  }
  if (first?.value.includes(";")) {
    throw new UsageError(
      `${file} line ${first.line}: ${first.key} gives a client port after its ";"; write it as clientPort`,
    );
  }
  if (first !== undefined) found.warnings.push(`${file}: ${first.key} ignored: a single server has no peers`);
}
