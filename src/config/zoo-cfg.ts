import type { FoundInFile } from "./config-file.ts";
import { didYouMean } from "./nearest.ts";
import { type Property, parseProperties } from "./properties.ts";
import { namesOf, type SettingName, settingNames } from "./settings.ts";
import { shown, UsageError } from "./usage-error.ts";
import { knownZooKeeperKeys, verdictOn, zooKeeperNames } from "./zoo-cfg-keys.ts";
import { isServer, readServers } from "./zoo-cfg-servers.ts";

/**
 * Reads a zoo.cfg: takes what Corral has as well, warns of what a single server can do without, and throws a
 * UsageError for what would change a guarantee, or is unknown to both. (ZooKeeper itself turns an unknown key
 * into a Java property, so that a misspelled one goes unnoticed.)
 */
export function readZooCfg(content: string, file: string): FoundInFile {
  const properties = parseProperties(content, file).map((property) => ({
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
function readProperty(property: Property, file: string, found: FoundInFile): string | undefined {
  const { key, value, line } = property;
  const name = Object.hasOwn(zooKeeperNames, key) ? zooKeeperNames[key] : undefined;
  if (name === undefined) {
    const verdict = verdictOn(key, value);
    if (verdict === undefined) throw new UsageError(`${file} line ${line}: ${unknownKey(key)}`);
    if ("ignored" in verdict) return verdict.ignored;
    throw new UsageError(`${file} line ${line}: ${key}=${value} is refused: ${verdict.refused}`);
  }
  checkBackslashes(property, file);
  if (found.values.has(name)) {
    found.warnings.push(`${file} line ${line}: ${key} is set again; the last one counts`);
    found.values.delete(name);
  }
  // ZooKeeper's way to say "the default".
  const isDefault = (key === "minSessionTimeout" || key === "maxSessionTimeout") && value === "-1";
  if (!isDefault) found.values.set(name, { text: value, source: `${file} line ${line}, ${key}` });
  return undefined;
}

/** `C:\data` would be read as `C:data`: nobody means that. */
function checkBackslashes({ key, value, line, dropped }: Property, file: string): void {
  if (dropped === undefined) return;
  throw new UsageError(
    `${file} line ${line}: the backslash before ${shown(dropped)} is lost in this format, which leaves ` +
      `${key}=${value}; write \\\\ for a backslash`,
  );
}

function unknownKey(key: string): string {
  const own = settingNames.find((name) => namesOf(name).key === key);
  if (own !== undefined) {
    return `${key} is Corral's own name, for files that end in .toml; here it is ${zooKeeperNameOf(own)}`;
  }
  if (key.startsWith("server.")) return `unknown key ${shown(key)}: after "server." comes a server's number`;
  return `unknown key ${shown(key)}${didYouMean(key, knownZooKeeperKeys)}`;
}

function zooKeeperNameOf(name: SettingName): string {
  const entry = Object.entries(zooKeeperNames).find(([, own]) => own === name);
  return entry?.[0] ?? `not possible: use ${namesOf(name).flag} or ${namesOf(name).env}`;
}
