import { parseFlags } from "../config/flags.ts";
import { loadSettings } from "../config/load.ts";
import { renderJson, renderToml } from "../config/render.ts";
import { connectionFlags } from "./connection-flags.ts";
import { takeOutput } from "./server/own-flag.ts";
import { settingsFlags } from "./settings-line.ts";
import { settingsUsage } from "./settings-usage.ts";
import { surroundingsOf } from "./surroundings.ts";
import type { Verb } from "./verb.ts";

export const config: Verb = {
  line: { args: [], flags: { output: connectionFlags.output, ...settingsFlags() } },

  usage: () =>
    [
      "Usage: corral config [flags]",
      "",
      "Prints the settings with which `corral serve` would start, and where each comes from: as a TOML file",
      "that can be used as the configuration, or with -o json for programs.",
      "",
      "Example:",
      "  corral config --config zoo.cfg",
      "",
      "  -o, --output json",
      '      Print {"tick_ms": {"value": 2000, "source": "default"}, ...}',
      "  --show-secrets",
      "      Print super_digest too; without it, only that it is set.",
      settingsUsage(),
    ].join("\n"),

  async run(args, io) {
    const output = takeOutput(args);
    // --json is what -o json was called.
    const flags = parseFlags(output.args, ["--json", "--show-secrets"]);
    const isJson = output.isJson || flags.switches.has("--json");
    const effective = loadSettings(flags, surroundingsOf(io));
    for (const warning of effective.warnings) io.complain(`warning: ${warning}`);
    const withSecrets = flags.switches.has("--show-secrets");
    io.out(isJson ? renderJson(effective, withSecrets) : renderToml(effective, withSecrets));
    return 0;
  },
};
