/** What may be said of a connection by variable or in a context, as keys in snake case; the flags have their names. */
export const clientKeys = [
  "endpoint",
  "timeout",
  "output",
  "user",
  "password",
  "password_file",
  "token",
  "token_file",
  "tls",
  "ca_file",
  "cert_file",
  "key_file",
] as const;

export type ClientKey = (typeof clientKeys)[number];

/** The variable that names the context; it is no key, since a context cannot name itself. */
export const contextVariable = "CORRAL_CONTEXT";

/** Where a command that `corral lock` runs finds the fencing token. */
export const lockTokenVariable = "CORRAL_LOCK_TOKEN";

/** Where a command that `corral watch --exec` runs finds the event. */
export const eventVariables = {
  zxid: "CORRAL_EVENT_ZXID",
  kind: "CORRAL_EVENT_KIND",
  path: "CORRAL_EVENT_PATH",
} as const;

const commandVariables: readonly string[] = [lockTokenVariable, ...Object.values(eventVariables)];

export function variableOf(key: ClientKey): string {
  return `CORRAL_${key.toUpperCase()}`;
}

/** They are in the environment of servers too, and none of a server's settings. */
export function isClientVariable(variable: string): boolean {
  if (variable === contextVariable || commandVariables.includes(variable)) return true;
  return clientKeys.some((key) => variableOf(key) === variable);
}
