import { parse, TomlError } from "smol-toml";
import { UsageError } from "./usage-error.ts";

/** The content of a TOML file. @throws UsageError with the line and the column of a mistake */
export function parseToml(content: string, file: string): Record<string, unknown> {
  try {
    return parse(content);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Its message goes on with a drawing of the place.
    const [reason] = error.message.split("\n");
    throw new UsageError(`${file} line ${error.line} column ${error.column}: ${reason}`);
  }
}
