import { resolve } from "node:path";
import { type Found, readConfigFile, readText } from "./config-file.ts";
import { configVariable, readEnvironment } from "./environment.ts";
import { configFlag, type Flags } from "./flags.ts";
import { checkSecurity } from "./security.ts";
import type { DerivedDefault, Surroundings } from "./setting.ts";
import { namesOf, type SettingName, type Settings, settingNames, settingOf } from "./settings.ts";

import { shown, UsageError } from "./usage-error.ts";

/** The settings in force, and where each came from. */
export interface Effective {
  readonly settings: Settings;
  /** A flag, a variable, a place in a file, or `default`. */
  readonly sources: Readonly<Record<SettingName, string>>;
  /** What the user should know although the server can start: one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Flags before CORRAL_* variables before the configuration file before defaults. Everything that was given is
 * checked, also where something else takes precedence. Throws a UsageError for the first fault.
 */
export function loadSettings(flags: Flags, surroundings: Surroundings): Effective {
  const environment = readEnvironment(surroundings.env);
  const path = flags.configFile ?? environment.configFile;
  if (path === "") {
    throw new UsageError(
      `${flags.configFile === "" ? configFlag : configVariable} must be the path of a file`,
    );
  }
  const file = path === undefined ? undefined : readConfigFile(path, surroundings.workingDir);
  const chosen = new Map<SettingName, { value: unknown; source: string }>();
  for (const values of [file?.values, environment.values, flags.values]) {
    for (const [name, found] of values ?? []) {
      chosen.set(name, { value: checked(name, found), source: found.source });
    }
  }
  const effective = withDefaults(chosen, surroundings);
  checkSessionTimeouts(effective);
  checkSecurity(effective.settings);
  const settings = withSuperDigest(effective, surroundings.workingDir);
  return { ...effective, settings, warnings: file?.warnings ?? [] };
}

/** The super user may be named in a file of its own. */
function withSuperDigest({ settings, sources }: Omit<Effective, "warnings">, workingDir: string): Settings {
  const { superDigestFile: file, superDigest } = settings;
  if (file === "") return settings;
  if (superDigest !== "") {
    const [one, other] = [sources.superDigest, sources.superDigestFile];
    throw new UsageError(
      `super_digest (from ${one}) and super_digest_file (from ${other}) exclude each other`,
    );
  }
  const digest = readText(resolve(workingDir, file), "super_digest_file").trim();
  if (digest !== "" && settingOf("superDigest").type.safeParse(digest).success) {
    return { ...settings, superDigest: digest };
  }
  // Not what it holds: that may be a secret, and in the wrong form.
  throw new UsageError(`${file}, super_digest_file, must hold ${settingOf("superDigest").rule}`);
}

function checked(name: SettingName, found: Found): unknown {
  const setting = settingOf(name);
  const value = "text" in found ? setting.fromText(found.text) : found.value;
  const result = setting.type.safeParse(value);
  if (result.success) return result.data;
  throw new UsageError(
    `${namesOf(name).key} must be ${setting.rule}, not ${shown(value)} (from ${found.source})`,
  );
}

function withDefaults(
  chosen: ReadonlyMap<SettingName, { value: unknown; source: string }>,
  surroundings: Surroundings,
): Omit<Effective, "warnings"> {
  const tickMs = (chosen.get("tickMs")?.value ?? settingOf("tickMs").default) as number;
  const values = settingNames.map((name) => {
    const fallback = settingOf(name).default;
    return [
      name,
      chosen.get(name)?.value ?? (isDerived(fallback) ? fallback.of({ tickMs, surroundings }) : fallback),
    ];
  });
  const sources = settingNames.map((name) => [name, chosen.get(name)?.source ?? "default"]);
  // Every name was filled in above, and every value passed its setting's own type.
  const settings: Settings = Object.fromEntries(values);
  const dataDir = resolve(surroundings.workingDir, settings.dataDir);
  return { settings: { ...settings, dataDir }, sources: Object.fromEntries(sources) };
}

function isDerived(fallback: unknown): fallback is DerivedDefault<unknown> {
  return typeof fallback === "object";
}

function checkSessionTimeouts({ settings, sources }: Omit<Effective, "warnings">): void {
  const { minSessionTimeoutMs: min, maxSessionTimeoutMs: max } = settings;
  if (min <= max) return;
  throw new UsageError(
    `min_session_timeout_ms (${min}, from ${sources.minSessionTimeoutMs}) must not be above ` +
      `max_session_timeout_ms (${max}, from ${sources.maxSessionTimeoutMs})`,
  );
}
