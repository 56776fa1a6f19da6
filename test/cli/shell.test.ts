// The shell: lines from a file in this process, and a few typed at a pseudo-terminal.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { skipUnless, toolPath } from "../support/tools.ts";
import { type Corral, startCorral } from "./corral.ts";
import { main } from "./run-command.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
});

function lines(...all: string[]) {
  return corral.run(["shell"], all.map((line) => `${line}\n`).join(""));
}

describe("lines from a file", () => {
  test("are run in order, at a place of the tree", async () => {
    await corral.ok("create", "-p", "/a/b", "x");
    expect(
      await lines(
        "pwd",
        "cd a",
        "get b",
        "ls",
        "create -s n- 'two words' # and why",
        "cd ..",
        "cd -",
        "pwd",
        "get ../a/n-0000000001",
        "cd",
        "pwd",
      ),
    ).toEqual({
      code: 0,
      stdout: "/\nx\nb\n/a/n-0000000001\n/a\ntwo words\n/",
      stderr: "",
    });
  });

  test("share a session, which ends with the shell", async () => {
    const { stdout } = await lines("create -e /e", "ephemerals", "ls -o json /e");
    expect(stdout).toMatch(/^\/e\nsession {2}path\n +\d+ {2}\/e\n\[\]$/);
    expect(await corral.ok("ls")).toBe("zookeeper");
  });

  test("that fail are told, and the last one decides how the shell ends", async () => {
    expect(
      await lines("set /no 1", "cd /no", "gett /", "serve", "get 'x", "addauth basic x", "ls -q", "pwd"),
    ).toEqual({
      code: 2,
      stdout: "/",
      stderr: [
        "no node: there is no node at /no",
        "no node: there is no node at /no",
        'unknown verb "gett" (did you mean get?); `help` lists them',
        "serve is no verb of the shell: run `corral serve` outside it",
        "a ' is not closed",
        'addauth takes digest or bearer, not "basic"',
        "unknown flag -q; -- ends the flags",
      ]
        .map((line) => `corral: ${line}\n`)
        .join(""),
    });
    expect((await lines("create /a", "create /a")).code).toBe(4);
  });

  test("can wait for a change while others are run", async () => {
    const { stdout } = await lines("create /a", "get -w /a", "set /a 1", "sync", "quit", "pwd");
    expect(stdout.split("\n").sort()).toEqual(["", "/a", "3  nodeDataChanged  /a", "version 1", "zxid 3"]);
  });

  test("take nothing from standard input, on which the lines are, and so write nothing by mistake", async () => {
    await corral.ok("create", "/a", "precious");
    const { code, stderr } = await lines(
      "set /a -f -",
      "create /b -f -",
      "import - /b",
      "transact -",
      "diff /a --file -",
    );
    expect([code, stderr]).toEqual([
      2,
      "corral: standard input is the shell's own: name a file instead of -\n".repeat(5),
    ]);
    expect(await corral.ok("get", "/a")).toBe("precious");
  });

  test("tell what happened to a node with `history PATH`, and what was typed with `history` alone", async () => {
    await corral.ok("create", "/a");
    const { stdout, stderr } = await lines(
      "cd /a",
      "history .",
      "history -R /a",
      "history --count 1 /a",
      "history",
    );
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/)[2])).toEqual(Array(3).fill("nodeCreated"));
    expect(stderr).toBe("");
  });

  test.each(["lock /a true", "run --register /a true", "fsck .", "restore a b"])(
    "say why not: %s",
    async (line) => {
      const [verb] = line.split(" ");
      expect(await lines(line)).toMatchObject({
        code: 2,
        stderr: `corral: ${verb} is no verb of the shell: run \`corral ${verb}\` outside it\n`,
      });
      expect((await lines("help")).stdout).not.toMatch(new RegExp(`^ *${verb} `, "m"));
    },
  );

  test("say who one is", async () => {
    const { stdout } = await lines("whoami", "addauth digest ada:secret", "whoami");
    expect(stdout).toMatch(/^ip:127.0.0.1\nip:127.0.0.1\ndigest:ada:\S+$/);
  });

  test("transact with relative paths, and are helped", async () => {
    const file = join(corral.env["XDG_STATE_HOME"]!, "t");
    writeFileSync(file, "create a\ncreate a/b 1\nget ./a/b");
    const { stdout } = await lines(`transact ${file}`, "help cd", "ls --help", "help");
    expect(stdout).toMatch(/^zxid \d\ncreate \/a\ncreate \/a\/b\nget \/a\/b 1\ncd \[PATH\|-\]: /);
    expect(stdout).toContain("Usage: corral ls");
    expect(stdout).toMatch(/^ {2}addauth digest/m);
    expect(stdout).not.toMatch(/^ {2}serve/m);
  });
});

test("without a terminal, no verb is a mistake and not a shell", async () => {
  expect(await corral.run([])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("a verb is missing"),
  });
  expect(await corral.run(["shell", "x"])).toMatchObject({ code: 2 });
});

/** A pseudo-terminal with the command in it. */
function typing(...args: string[]) {
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ");
  const env = { ...corral.env, TERM: "xterm", SHELL: "/bin/sh", PATH: process.env["PATH"] ?? "" };
  const child = spawn(toolPath("script"), ["-qfec", command, "/dev/null"], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  let seen = 0;
  let wake = () => {};
  child.stdout.on("data", (chunk) => {
    output += chunk;
    wake();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    ended,
    type: (keys: string) => void child.stdin.write(keys),
    /** Waits until this was printed after what was waited for before. */
    async until(text: string): Promise<string> {
      for (;;) {
        const at = output.indexOf(text, seen);
        if (at !== -1) {
          const found = output.slice(seen, at);
          seen = at + text.length;
          return found;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

skipUnless("script")("at a terminal", () => {
  const prompt = "\u001b[36m/\u001b[0m> ";

  test("`corral` alone opens the shell: it completes verbs and paths, and ends a watch at ctrl-C", async () => {
    await corral.ok("create", "-p", "/services/login", "10.0.0.5:8000");
    const shell = typing();
    await shell.until(prompt);
    shell.type("tre");
    await shell.until("tre");
    shell.type("\t");
    await shell.until("e");
    shell.type(" /ser");
    await shell.until(" /ser");
    shell.type("\t");
    await shell.until("vices");
    shell.type("\r");
    await shell.until("└── login");
    await shell.until(prompt);
    shell.type("watch /services --after 0\r");
    await shell.until("nodeCreated  /services/login");
    shell.type("\u0003");
    await shell.until(prompt);
    shell.type("half a li");
    await shell.until("half a li");
    shell.type("\u0003");
    await shell.until(prompt);
    shell.type("quit\r");
    expect(await shell.ended).toBe(0);
  });

  test.each([["get /t/"], ['get "/t/'], ["get '/t/"], ["get /t/a\\ "]])(
    "a name with blanks and quotes is completed as one word: %s",
    async (keys) => {
      const name = `a "b" it's \\ #1`;
      await corral.ok("create", "-p", `/t/${name}`, "found");
      const shell = typing();
      await shell.until(prompt);
      shell.type(`${keys}\t`);
      await shell.until("#1");
      shell.type("\r");
      await shell.until("\nfound\r\n");
      shell.type("\u0004");
      expect(await shell.ended).toBe(0);
    },
  );

  test("a line separator in a pasted text does not run the rest as a command", async () => {
    await corral.ok("create", "/precious");
    const shell = typing();
    await shell.until(prompt);
    shell.type("create /a 'x\u2028deleteall /precious'\r");
    await shell.until("\n/a\r\n");
    await shell.until(prompt);
    shell.type("quit\r");
    expect(await shell.ended).toBe(0);
    expect(await corral.ok("get", "/a")).toBe("x\u2028deleteall /precious");
    expect(await corral.ok("ls")).toContain("precious");
  });

  test("lines are remembered from shell to shell, for their owner alone, and no passwords", async () => {
    const file = join(corral.env["XDG_STATE_HOME"]!, "corral", "history");
    mkdirSync(dirname(file));
    writeFileSync(file, "stat /\n");
    const shell = typing();
    await shell.until(prompt);
    shell.type("addauth digest ada:secret\r");
    await shell.until(prompt);
    shell.type("history\r");
    await shell.until("stat /\r\naddauth digest ada:secret\r\nhistory\r\n");
    await shell.until(prompt);
    shell.type("\u0004");
    expect(await shell.ended).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("stat /\nhistory\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("what happens meanwhile is told above the line that is typed", async () => {
    await corral.ok("create", "/a");
    const shell = typing();
    await shell.until(prompt);
    shell.type("get -w /a\r");
    await shell.until(prompt);
    shell.type("half");
    await shell.until("half");
    await corral.ok("set", "/a", "1");
    await shell.until("nodeDataChanged  /a");
    await shell.until("half");
    shell.type("\u0003");
    shell.type("\u0004");
    expect(await shell.ended).toBe(0);
  });
});
