import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileReason } from "./file-error.ts";
import { didYouMean } from "./nearest.ts";
import { namesOf, type SettingName, settingNames } from "./settings.ts";
import { parseToml } from "./toml.ts";
import { shown, UsageError } from "./usage-error.ts";
import { readZooCfg } from "./zoo-cfg.ts";
import { zooKeeperNames } from "./zoo-cfg-keys.ts";

/** What one source says of one setting: either text still to be read, or a typed value. */
export type Found = { readonly source: string } & ({ readonly text: string } | { readonly value: unknown });

export interface FoundInFile {
  readonly values: Map<SettingName, Found>;
  readonly warnings: string[];
}

/** Reads a configuration file: TOML if its name ends in .toml, zoo.cfg's format otherwise. */
export function readConfigFile(path: string, workingDir: string): FoundInFile {
  const content = readText(resolve(workingDir, path), "configuration file", path);
  return path.endsWith(".toml") ? readToml(content, path) : readZooCfg(content, path);
}

/** @throws UsageError @param what it is, @param name as the user knows it */
export function readText(path: string, what: string, name = path): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${what} ${name} cannot be read: ${fileReason(error) ?? String(error)}`);
  }
}

function readToml(content: string, file: string): FoundInFile {
  const values = new Map<SettingName, Found>();
  for (const [key, value] of Object.entries(parseToml(content, file))) {
    const name = settingNames.find((one) => namesOf(one).key === key);
    if (name === undefined) throw new UsageError(`${file}: unknown key ${shown(key)}${hint(key)}`);
    values.set(name, { value, source: `${file}, ${key}` });
  }
  return { values, warnings: [] };
}

function hint(key: string): string {
  const name = Object.hasOwn(zooKeeperNames, key) ? zooKeeperNames[key] : undefined;
  if (name !== undefined) return ` (in a .toml file it is ${namesOf(name).key})`;
  return didYouMean(
    key,
    settingNames.map((one) => namesOf(one).key),
  );
}
