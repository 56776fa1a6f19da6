import { stringify } from "smol-toml";
import type { Effective } from "./load.ts";
import {
  namesOf,
  type SettingName,
  type Settings,
  secretSettings,
  settingNames,
  settingOf,
} from "./settings.ts";

/**
 * The effective settings as a configuration file: given back to the server, it changes nothing. Without its secrets it
 * can be shown to anybody; where one is set, a comment says so.
 */
export function renderToml({ settings, sources }: Effective, withSecrets = false): string {
  const entries = settingNames.map((name) => {
    const { help, rule, unit } = settingOf(name);
    // A source holds a file's name, which may hold anything.
    const source = sources[name].replaceAll(/\p{Cc}/gu, "?");
    return [
      `# ${help}`,
      `# Must be ${rule}${unit === "" ? "" : ` (${unit})`}. From: ${source}`,
      !withSecrets && isHidden(name, settings)
        ? `# ${namesOf(name).key} is set, and not shown`
        : stringify({ [namesOf(name).key]: shownOf(name, settings) }).trimEnd(),
    ].join("\n");
  });
  return `${entries.join("\n\n")}\n`;
}

/** The same for programs: `{"tick_ms": {"value": 2000, "source": "default"}, ...}`. */
export function renderJson({ settings, sources }: Effective, withSecrets = false): string {
  const entries = settingNames.map((name) => [
    namesOf(name).key,
    !withSecrets && isHidden(name, settings)
      ? { hidden: true, source: sources[name] }
      : { value: shownOf(name, settings), source: sources[name] },
  ]);
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}

/** What the file of the super user says is not said twice. */
function shownOf(name: SettingName, settings: Settings): Settings[SettingName] {
  return name === "superDigest" && settings.superDigestFile !== "" ? "" : settings[name];
}

function isHidden(name: SettingName, settings: Settings): boolean {
  return secretSettings.has(name) && shownOf(name, settings) !== "";
}
