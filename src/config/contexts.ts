import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { type ClientKey, clientKeys } from "./client-keys.ts";
import { fileReason } from "./file-error.ts";
import { didYouMean } from "./nearest.ts";
import { shown, UsageError } from "./usage-error.ts";

/** What a context says, as text. */
export type Context = Partial<Record<ClientKey, string>>;

/** The file of the contexts: XDG's place for configuration; a relative XDG_CONFIG_HOME is to be ignored. */
export function contextsFile(env: Readonly<Record<string, string | undefined>>, homeDir: string): string {
  const xdg = env["XDG_CONFIG_HOME"];
  const home = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homeDir, ".config");
  return join(home, "corral", "contexts.toml");
}

/**
 * Reads a context of a file such as
 *
 *     current = "staging"
 *     [contexts.staging]
 *     endpoint = "corral-1:7181,corral-2:7181"
 *     ca_file = "staging.pem"
 *
 * Without a name it is the current one, or an empty one. Files are relative to the file. @throws UsageError
 */
export async function readContext(file: string, name: string | undefined): Promise<Context> {
  const content = contentOf(file);
  if (content === undefined) {
    if (name === undefined) return {};
    throw new UsageError(`there is no context ${shown(name)}: ${file} does not exist`);
  }
  const { parseToml } = await import("./toml.ts");
  const { current, contexts = {}, ...others } = parseToml(content, file);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new UsageError(
      `${file}: unknown key ${shown(unknown)}${didYouMean(unknown, ["current", "contexts"])}`,
    );
  }
  const wanted = name ?? current;
  if (wanted === undefined) return {};
  const known = tableIn(contexts, `${file}: contexts`);
  const found = Object.hasOwn(known, String(wanted)) ? known[String(wanted)] : undefined;
  if (found === undefined) {
    throw new UsageError(
      `${file} has no context ${shown(wanted)}${didYouMean(String(wanted), Object.keys(known))}`,
    );
  }
  return contextIn(tableIn(found, `${file}: contexts.${wanted}`), file, String(wanted));
}

/** What contexts there are; none in a file that is not there. @throws UsageError */
export async function namesOfContexts(file: string): Promise<readonly string[]> {
  const { parseToml } = await import("./toml.ts");
  const { contexts = {} } = parseToml(contentOf(file) ?? "", file);
  return Object.keys(tableIn(contexts, `${file}: contexts`));
}

/** Undefined for a file that is not there. */
function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(`${(error as NodeJS.ErrnoException).code}`)) return undefined;
    throw new UsageError(`${file} cannot be read: ${fileReason(error) ?? String(error)}`);
  }
}

function contextIn(table: Record<string, unknown>, file: string, name: string): Context {
  const context: Context = {};
  for (const [word, value] of Object.entries(table)) {
    const key = clientKeys.find((one) => one === word);
    if (key === undefined) {
      throw new UsageError(
        `${file}: unknown key ${shown(word)} in contexts.${name}${didYouMean(word, clientKeys)}`,
      );
    }
    if (!["string", "number", "boolean"].includes(typeof value))
      throw new UsageError(`${file}: ${word} in contexts.${name} must be text, not ${shown(value)}`);
    context[key] = key.endsWith("_file") ? resolve(dirname(file), String(value)) : String(value);
  }
  return context;
}

function tableIn(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UsageError(`${what} must be a table, not ${shown(value)}`);
}
