import { parseFlags } from "../config/flags.ts";
import { loadSettings } from "../config/load.ts";
import { renderJson, renderToml } from "../config/render.ts";
import { settingsFlags } from "./settings-line.ts";
import { settingsUsage } from "./settings-usage.ts";
import { surroundingsOf } from "./surroundings.ts";
import type { Verb } from "./verb.ts";

export const config: Verb = {
  line: { args: [], flags: { json: { kind: "switch", help: "" }, ...settingsFlags() } },

  usage: () =>
    [
      "Usage: corral config [--json] [flags of serve]",
      "",
      "Prints the settings with which `corral serve` would start, and where each comes from: as a TOML file",
      "that can be used as the configuration, or with --json for programs.",
      "",
      "Example:",
      "  corral config --config zoo.cfg",
      "",
      "  --json",
      '      Print {"tick_ms": {"value": 2000, "source": "default"}, ...}',
      "  --show-secrets",
      "      Print super_digest too; without it, only that it is set.",
      settingsUsage(),
    ].join("\n"),

  async run(args, io) {
    const flags = parseFlags(args, ["--json", "--show-secrets"]);
    const effective = loadSettings(flags, surroundingsOf(io));
    for (const warning of effective.warnings) io.complain(`warning: ${warning}`);
    const withSecrets = flags.switches.has("--show-secrets");
    io.out(
      flags.switches.has("--json") ? renderJson(effective, withSecrets) : renderToml(effective, withSecrets),
    );
    return 0;
  },
};
