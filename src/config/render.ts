import { stringify } from "smol-toml";
import type { Effective } from "./load.ts";
import { namesOf, settingNames, settingOf } from "./settings.ts";

/** The effective settings as a configuration file: given back to the server, it changes nothing. */
export function renderToml({ settings, sources }: Effective): string {
  const entries = settingNames.map((name) => {
    const { help, rule, unit } = settingOf(name);
    // A source holds a file's name, which may hold anything.
    const source = sources[name].replaceAll(/\p{Cc}/gu, "?");
    return [
      `# ${help}`,
      `# Must be ${rule}${unit === "" ? "" : ` (${unit})`}. From: ${source}`,
      stringify({ [namesOf(name).key]: settings[name] }).trimEnd(),
    ].join("\n");
  });
  return `${entries.join("\n\n")}\n`;
}

/** The same for programs: `{"tick_ms": {"value": 2000, "source": "default"}, ...}`. */
export function renderJson({ settings, sources }: Effective): string {
  const entries = settingNames.map((name) => [
    namesOf(name).key,
    { value: settings[name], source: sources[name] },
  ]);
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}
