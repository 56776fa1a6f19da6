import { isClientVariable } from "./client-keys.ts";
import type { Found } from "./config-file.ts";
import { didYouMean } from "./nearest.ts";
import { namesOf, type SettingName, settingNames } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** The variable that names the configuration file; it is no setting, since a file cannot name itself. */
export const configVariable = "CORRAL_CONFIG";

/** Reads every CORRAL_* variable; one that is unknown throws a UsageError. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): {
  values: Map<SettingName, Found>;
  configFile: string | undefined;
} {
  const values = new Map<SettingName, Found>();
  const known = new Map(settingNames.map((name) => [namesOf(name).env, name]));
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith("CORRAL_") || text === undefined || isServiceLink(variable, text)) continue;
    if (variable === configVariable || isClientVariable(variable)) continue;
    const name = known.get(variable);
    if (name === undefined) {
      const guess = didYouMean(variable, [...known.keys(), configVariable]);
      throw new UsageError(`unknown environment variable ${variable}${guess}`);
    }
    values.set(name, { text, source: variable });
  }
  return { values, configFile: env[configVariable] };
}

/**
 * Kubernetes tells every pod of every service by such variables: a service named corral makes
 * CORRAL_PORT=tcp://10.0.0.1:7181 and a dozen like it, which are not meant for us.
 */
function isServiceLink(variable: string, text: string): boolean {
  if (/_PORT(_\d+_(TCP|UDP|SCTP))?$/.test(variable) && /^(tcp|udp|sctp):\/\//.test(text)) return true;
  if (/_(SERVICE_HOST|SERVICE_PORT|PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR))$/.test(variable)) return true;
  // A port with a name.
  const at = variable.lastIndexOf("_SERVICE_PORT_");
  return at !== -1 && /^[A-Z0-9_]+$/.test(variable.slice(at + "_SERVICE_PORT_".length));
}
