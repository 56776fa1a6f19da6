// Completion in real shells at a pseudo-terminal: what is typed with Tab and Enter reaches the command as one word.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { skipUnless, type Tool, toolPath } from "../support/tools.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir } from "./load.ts";
import { main, startCommand } from "./run-command.ts";

let corral: Corral;
let dir: string;

beforeEach(async () => {
  corral = await startCorral();
  dir = tempDir();
});

const prompt = "READY> ";

/** How to start each shell without anybody's settings, and how it is made ready. */
const shells: Record<string, { start: string; setUp: (script: string) => string; needs: readonly Tool[] }> = {
  bash: {
    start: "bash --norc --noprofile -i",
    setUp: (script) => `source ${script}; PS1='READY''> '`,
    needs: ["script"],
  },
  zsh: {
    start: "zsh -f -i",
    setUp: (script) => `autoload -U compinit && compinit -D -u; source ${script}; PS1='READY''> '`,
    needs: ["script", "zsh"],
  },
  fish: {
    start: "fish --no-config -i",
    setUp: (script) => `source ${script}; function fish_prompt; echo -n READY'> '; end`,
    needs: ["script", "fish"],
  },
};

/** A shell in which `corral` completes as it does, and otherwise writes down its words. */
async function typing(shell: string) {
  const { start, setUp } = shells[shell]!;
  const script = join(dir, `corral.${shell}`);
  const log = join(dir, "log");
  writeFileSync(script, `${(await startCommand(["completion", shell]).finished).stdout}\n`);
  const program = `#!/bin/sh
if [ "$1" = completion ]; then exec '${process.execPath}' '${main}' "$@"; fi
printf '%s\\0' "$@" > '${log}.new'; mv '${log}.new' '${log}'
`;
  writeFileSync(join(dir, "corral"), program);
  chmodSync(join(dir, "corral"), 0o755);
  mkdirSync(join(dir, "home"));
  const env = {
    ...corral.env,
    PATH: `${dir}:${process.env["PATH"]}`,
    HOME: join(dir, "home"),
    TERM: "xterm",
    SHELL: "/bin/sh",
    LC_ALL: "C.UTF-8",
  };
  const child = spawn(toolPath("script"), ["-qfec", start, "/dev/null"], {
    env,
    cwd: dir,
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const within = { timeout: 25_000 };
  await expect.poll(() => output, within).not.toBe("");
  child.stdin.write(`${setUp(script)}\r`);
  await expect.poll(() => output, within).toContain(prompt);
  return {
    /** The words with which the command was called. */
    async calls(keys: string): Promise<string[]> {
      child.stdin.write(`${keys}\r`);
      await expect.poll(() => existsSync(log), { ...within, message: output }).toBe(true);
      const words = readFileSync(log, "utf8").split("\0").slice(0, -1);
      rmSync(log);
      return words;
    },
  };
}

const names = [
  "$(touch x) `touch x` $HOME",
  "a  b*?[c]{d,e}~",
  `it's "so" \\ #1`,
  "10.0.0.5:8000=@x",
  "!!;&|<>()grüße^",
];

for (const [shell, { needs }] of Object.entries(shells)) {
  skipUnless(...needs)(`in ${shell}`, () => {
    test.each(names)("the name %j is completed as one word, and none of it is run", async (name) => {
      const path = `/t/${name}`;
      await corral.ok("create", "-p", path);
      const typed = await typing(shell);
      expect(await typed.calls("corral get /t/\t")).toEqual(["get", path]);
      expect(existsSync(join(dir, "x"))).toBe(false);
    });

    test("a word that is typed with a backslash goes on", async () => {
      await corral.ok("create", "-p", "/t/a b/c d");
      await corral.ok("create", "-p", "/t/a c");
      const typed = await typing(shell);
      expect(await typed.calls("corral get /t/a\\ b/\t")).toEqual(["get", "/t/a b/c d"]);
    });

    test("a word of a few, and a file of the shell's own", async () => {
      writeFileSync(join(dir, "some file"), "");
      mkdirSync(join(dir, "some directory"));
      const typed = await typing(shell);
      expect(await typed.calls("corral ls -o nd\t")).toEqual(["ls", "-o", "ndjson"]);
      expect(await typed.calls("corral transact some\\ f\t")).toEqual(["transact", "some file"]);
      expect((await typed.calls("corral fsck so\t")).at(-1)).toMatch(/^some directory\/?$/);
    });
  });
}

skipUnless("script")(
  "in bash, within quotes that are open and after what its line editor takes for the end of a word",
  () => {
    test.each([
      [`corral get "/t/`, `a $(touch x) "b" \\`],
      [`corral get '/t/`, `it's $(touch x)`],
      ["corral get /t/10.0.0.5:8", "10.0.0.5:8000"],
      ["corral get /t/a=", "a=b:c d"],
      ["corral get --output=json /t/a=b:c\\ ", "a=b:c d"],
    ])("%s", async (keys, name) => {
      await corral.ok("create", "-p", `/t/${name}`);
      const typed = await typing("bash");
      expect((await typed.calls(`${keys}\t`)).at(-1)).toBe(`/t/${name}`);
      expect(existsSync(join(dir, "x"))).toBe(false);
    });
  },
);
