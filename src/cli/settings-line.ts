import { configFlag } from "../config/flags.ts";
import { namesOf, settingNames, settingOf } from "../config/settings.ts";
import type { FlagSpecs } from "./flags.ts";

/** All settings as flags, for completion and for `-h`: what they take is for the settings themselves to check. */
export function settingsFlags(): FlagSpecs {
  const settings = settingNames.map((name) => {
    const { rule, help } = settingOf(name);
    if (rule === "true or false") return [name, { kind: "switch", help }] as const;
    const { flag } = namesOf(name);
    const words = /^one of (.+)$/.exec(rule)?.[1]?.split(", ");
    const completes = words ?? (flag.endsWith("-dir") ? "directory" : /file|audit/.test(flag) ? "file" : []);
    return [name, { kind: "text", help, completes }] as const;
  });
  const config = { kind: "text", value: "FILE", help: "Configuration." } as const;
  return { [configFlag.slice(2)]: config, ...Object.fromEntries(settings) };
}
