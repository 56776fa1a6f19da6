import { configVariable } from "../config/environment.ts";
import { configFlag } from "../config/flags.ts";
import { defaultText, namesOf, settingNames, settingOf } from "../config/settings.ts";

/** The part of a verb's help that lists all settings as flags. */
export function settingsUsage(): string {
  const settings = settingNames.map((name) => {
    const { help, unit, rule } = settingOf(name);
    const isSwitch = rule === "true or false";
    const value = isSwitch ? "" : ` ${unit === "" ? "VALUE" : unit.toUpperCase()}`;
    const demand = isSwitch ? "" : `${rule[0]?.toUpperCase()}${rule.slice(1)}. `;
    return `  ${namesOf(name).flag}${value}\n      ${help}\n      ${demand}Default: ${defaultText(name)}.`;
  });
  return [
    `  ${configFlag} FILE`,
    "      Configuration: TOML if its name ends in .toml, otherwise in the format of ZooKeeper's zoo.cfg.",
    ...settings,
    "",
    `Each setting can also come from the environment (${namesOf("tickMs").env} for ${namesOf("tickMs").flag};`,
    `${configVariable} for ${configFlag}) or from the file (${namesOf("tickMs").key}). Flags come before the environment,`,
    "the environment before the file, the file before the defaults.",
  ].join("\n");
}
