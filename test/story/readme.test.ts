// What documents show, run as it is written: every command, and what it prints.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { skipUnless, toolPath } from "../support/tools.ts";
import { temporaryFolder } from "./programs.ts";
import { root, startServerProcess } from "./server-process.ts";

interface Step {
  readonly command: string;
  readonly output: string;
}

/** The commands of the console blocks, in order, each with the lines below it. */
function steps(markdown: string): Step[] {
  const blocks = markdown.matchAll(/^```console\n\$ (.+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, command, output]) => ({ command: command!, output: output! }));
}

/** Moments, tokens and remaining times differ from run to run. */
function comparable(output: string): string {
  return output
    .replaceAll(/"\d{13}"/g, '"TIME"')
    .replaceAll(/"\d+\.[\w-]{22}"/g, '"TOKEN"')
    .replaceAll(/"expiresInMs": \d+/g, '"expiresInMs": N')
    .trimEnd();
}

/** Puts the command into a folder, as the alias of the README does. */
function corralIn(folder: string): string {
  const main = join(root, "src/cli/main.ts");
  writeFileSync(join(folder, "corral"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
  return folder;
}

skipUnless("grpcurl")("documents", () => {
  test.each([
    ["README.md", 5],
    ["docs/quotas.md", 4],
  ])("%s shows what really happens", async (document, countMin) => {
    const server = await startServerProcess(temporaryFolder());
    onTestFinished(server.kill);
    const all = steps(readFileSync(join(root, document), "utf8"));
    expect(all.length).toBeGreaterThanOrEqual(countMin);
    const programs = `${corralIn(temporaryFolder())}:${dirname(toolPath("grpcurl"))}`;
    const env = {
      ...process.env,
      PATH: `${programs}:${process.env["PATH"]}`,
      CORRAL_ENDPOINT: server.address,
      XDG_CONFIG_HOME: temporaryFolder(),
    };
    for (const { command, output } of all) {
      const run = command.replaceAll("localhost:7181", server.address);
      const { stdout, stderr } = spawnSync("bash", ["-c", run], { env, encoding: "utf8", timeout: 20_000 });
      expect(comparable(stdout + stderr), command).toBe(comparable(output));
    }
  });
});
