import { namesOf, type SettingName, type Settings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** Settings that are nothing without another: half a configuration would be less secure than it looks. */
const needs: readonly (readonly [SettingName, SettingName])[] = [
  ["tlsCertFile", "tlsKeyFile"],
  ["tlsKeyFile", "tlsCertFile"],
  ["tlsClientCaFile", "tlsCertFile"],
  ["jwtKeysFile", "jwtIssuer"],
  ["jwtKeysFile", "jwtAudience"],
  ["jwtIssuer", "jwtKeysFile"],
  ["jwtAudience", "jwtKeysFile"],
];

/** @throws UsageError */
export function checkSecurity(settings: Settings): void {
  for (const [given, needed] of needs) {
    if (settings[given] !== "" && settings[needed] === "") fail(`${key(given)} needs ${key(needed)} as well`);
  }
  const { tlsClientAuth, tlsClientCaFile } = settings;
  if (tlsClientAuth !== "none" && tlsClientCaFile === "") {
    fail(`${key("tlsClientAuth")} = ${tlsClientAuth} needs ${key("tlsClientCaFile")} as well`);
  }
  if (tlsClientAuth === "none" && tlsClientCaFile !== "") {
    fail(`${key("tlsClientCaFile")} needs ${key("tlsClientAuth")} to be request or require`);
  }
}

function key(name: SettingName): string {
  return namesOf(name).key;
}

function fail(message: string): never {
  throw new UsageError(message);
}
