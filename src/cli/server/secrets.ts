import { namesOf, secretSettings } from "../../config/settings.ts";
import { UsageError } from "../../config/usage-error.ts";
import { takeFlag } from "./own-flag.ts";
import type { ServerRecord } from "./record.ts";

/** Tells a server in the background which of its variables were a flag: it has to be given again when it is restarted. */
export const apartFlag = "--given-apart";

/**
 * Takes the flags that hold a secret out of a command line: as variables, only the user of a process, and root, can
 * read them.
 */
export function takeSecrets(args: readonly string[]): {
  readonly args: readonly string[];
  readonly secrets: Readonly<Record<string, string>>;
} {
  let rest = args;
  const secrets: Record<string, string> = {};
  for (const name of secretSettings) {
    const { flag, env } = namesOf(name);
    for (let taken = takeFlag(rest, flag); taken.value !== undefined; taken = takeFlag(rest, flag)) {
      rest = taken.args;
      secrets[env] = taken.value;
    }
  }
  return { args: rest, secrets };
}

/** What a server in the background was told of its secrets, and its flags. */
export function takeApart(args: readonly string[]): {
  readonly args: readonly string[];
  readonly apart: readonly string[];
} {
  let rest = args;
  const apart: string[] = [];
  for (let taken = takeFlag(rest, apartFlag); taken.value !== undefined; taken = takeFlag(rest, apartFlag)) {
    rest = taken.args;
    apart.push(taken.value);
  }
  return { args: rest, apart };
}

/** Secrets are not in the record, and without them it would be another server. @throws UsageError */
export function mustHaveSecrets(
  { apart = [] }: ServerRecord,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const missing = apart.find((variable) => (env[variable] ?? "") === "");
  if (missing === undefined) return;
  const flag = [...secretSettings].map(namesOf).find((names) => names.env === missing)?.flag ?? missing;
  throw new UsageError(
    `the server was started with ${flag}, which is kept nowhere: set ${missing} for the restart, ` +
      "or start it with a file (super_digest_file)",
  );
}
