// Passwords and tokens: on no command line that others can see, in no record and no printed configuration.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { withoutSecrets } from "../../src/cli/secret-flags.ts";
import { readRecord, recordFile } from "../../src/cli/server/record.ts";
import { targetOf } from "../../src/cli/target.ts";
import { authorizationOf } from "../../src/client/authorization.ts";
import { renderJson, renderToml } from "../../src/config/render.ts";
import { isLocked } from "../../src/journal/sqlite/lock.ts";
import { skipUnless } from "../support/tools.ts";
import { startCorral } from "./corral.ts";
import { load, tempDir } from "./load.ts";
import { AtTerminal } from "./pseudo-terminal.ts";
import { main, startCommand } from "./run-command.ts";

const superDigest = "root:ZiVEsALNzamS4yoOowkmATlAseE=";
const digestAlone = superDigest.slice("root:".length);

function file(content: string): string {
  const path = join(tempDir(), "secret");
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

describe("who acts", () => {
  const noContext = { XDG_CONFIG_HOME: "/nowhere" };
  const says = async (
    flags: Parameters<typeof targetOf>[0],
    env: Record<string, string> = {},
    ask?: Parameters<typeof targetOf>[2],
  ) => authorizationOf((await targetOf(flags, { ...noContext, ...env }, ask)).authorization);

  test("is a user whose password comes from a file, a variable, or whoever types", async () => {
    const passwordFile = file("from a file: ä\n");
    expect(await says({ user: "ada", passwordFile })).toBe(basic("ada:from a file: ä"));
    const password = { CORRAL_PASSWORD: "from a variable" };
    expect(await says({ user: "ada" }, password)).toBe(basic("ada:from a variable"));
    const asked: string[] = [];
    const ask = async (prompt: string) => {
      asked.push(prompt);
      return "typed";
    };
    expect(await says({ user: "ada" }, {}, ask)).toBe(basic("ada:typed"));
    expect(asked).toEqual(["password of ada: "]);
    await expect(says({ user: "ada" })).rejects.toThrow(/password of ada is missing: give --password-file/);
  });

  test("is the bearer of a token in a file, which is read again", async () => {
    const tokenFile = file("first\n");
    const { authorization } = await targetOf({ tokenFile }, noContext);
    expect(authorizationOf(authorization)).toBe("Bearer first");
    writeFileSync(tokenFile, "second\n");
    await vi.waitFor(() => expect(authorizationOf(authorization)).toBe("Bearer second"), { timeout: 10_000 });
    expect(await says({}, { CORRAL_TOKEN_FILE: tokenFile })).toBe("Bearer second");
    await expect(says({ tokenFile: file(" \n") })).rejects.toThrow(/holds no token$/);
    await expect(says({ tokenFile: "/no/file" })).rejects.toThrow(
      "/no/file cannot be read: it does not exist",
    );
  });

  test("is said by the first place that says anything of it", async () => {
    const env = { CORRAL_TOKEN: "of a variable" };
    expect(await says({ user: "ada:x" }, env)).toBe(basic("ada:x"));
    expect(await says({ tokenFile: file("of-a-file") }, env)).toBe("Bearer of-a-file");
    expect(await says({}, env)).toBe("Bearer of a variable");
  });
});

test("a command line is shown without its secrets, and only where it has some", () => {
  expect(withoutSecrets(["ls", "/", "--user", "ada", "--token-file", "/run/token"])).toBeUndefined();
  const line = ["--user", "ada:x", "ls", "--token=abc", "--super-digest", superDigest, "--user=bob:y", "/"];
  expect(withoutSecrets(line)).toEqual([
    ...["--user", "ada:*", "ls", "--token=*", "--super-digest", "*", "--user=bob:*", "/"],
  ]);
});

const cmdline = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");

describe.skipIf(!existsSync("/proc/self/cmdline"))("the list of processes shows no secret", () => {
  test("of a verb", async () => {
    const corral = await startCorral();
    const line = ["watch", "/", "--after", "0", "--user", "ada:topsecret"];
    const { child, line: printed } = startCommand(line, corral.env);
    await corral.ok("create", "/a");
    await printed("/a");
    expect(cmdline(child.pid!)).toMatch(/watch \/ --after 0 --user ada:\*/);
    expect(cmdline(child.pid!)).not.toContain("topsecret");
  });

  test("of a server in the foreground", async () => {
    const dataDir = join(tempDir(), "data");
    const { child, line } = startCommand(
      ["serve", "--port", "0", "--data-dir", dataDir, "--super-digest", superDigest],
      {},
    );
    await line("listening on");
    expect(cmdline(child.pid!)).toContain("--super-digest *");
    expect(cmdline(child.pid!)).not.toContain(digestAlone);
    expect(readFileSync(recordFile(dataDir), "utf8")).not.toContain(digestAlone);
  });

  test("of a server in the background, whose record has none either; a restart asks for it", async () => {
    const dataDir = join(tempDir(), "data");
    onTestFinished(() => {
      const pid = readRecord(dataDir)?.pid;
      if (pid !== undefined && isLocked(dataDir)) process.kill(pid, "SIGKILL");
    });
    const run = (action: string, flags: string[], env = {}) =>
      startCommand(["server", action, "--data-dir", dataDir, ...flags], env).finished;
    const started = await run("start", ["--port", "0", "--super-digest", superDigest]);
    expect(started).toMatchObject({ code: 0, stderr: "" });
    const { pid, address, args } = readRecord(dataDir)!;
    expect(cmdline(pid!)).not.toContain(digestAlone);
    expect(readFileSync(recordFile(dataDir), "utf8")).not.toContain(digestAlone);
    expect(args.join(" ")).not.toMatch(/super|given-apart/);
    const asSuper = (endpoint: string) =>
      startCommand(["whoami", "--user", "root"], { CORRAL_ENDPOINT: endpoint, CORRAL_PASSWORD: "hunter2" })
        .finished;
    expect((await asSuper(address)).stdout).toContain("super:root");
    const refused = await run("restart", []);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/set CORRAL_SUPER_DIGEST for the restart/),
    });
    expect(readRecord(dataDir)).toMatchObject({ pid });
    expect(await run("restart", [], { CORRAL_SUPER_DIGEST: superDigest })).toMatchObject({ code: 0 });
    expect((await asSuper(readRecord(dataDir)!.address)).stdout).toContain("super:root");
    await run("stop", []);
  });
});

describe("the super user of a server", () => {
  test("may be named in a file, which config shows, and not what is in it", () => {
    const path = file(`${superDigest}\n`);
    const effective = load(["--super-digest-file", path]);
    expect(effective.settings.superDigest).toBe(superDigest);
    for (const shown of [renderToml(effective), renderJson(effective), renderToml(effective, true)]) {
      expect(shown).not.toContain(digestAlone);
      expect(shown).toContain(path);
    }
  });

  test.each<[string, () => string[], RegExp]>([
    [
      "no file",
      () => ["--super-digest-file", "/no/file"],
      /^super_digest_file \/no\/file cannot be read: it does not exist$/,
    ],
    [
      "a file without a digest",
      () => ["--super-digest-file", file("super:topsecret")],
      /^\S+, super_digest_file, must hold a user/,
    ],
    [
      "a file and a flag",
      () => ["--super-digest-file", file(superDigest), "--super-digest", superDigest],
      /^super_digest \(from --super-digest\) and super_digest_file \(from --super-digest-file\) exclude/,
    ],
  ])("is not taken from %s, and the error quotes no secret", (_what, flagsOf, message) => {
    const flags = flagsOf();
    expect(() => load(flags)).toThrow(message);
    expect(() => load(flags)).not.toThrow(/topsecret/);
  });

  test("is not shown by config, unless it is asked to", () => {
    const effective = load(["--super-digest", superDigest]);
    expect(renderToml(effective)).toContain("# super_digest is set, and not shown");
    expect(renderToml(effective)).not.toContain(digestAlone);
    expect(JSON.parse(renderJson(effective)).super_digest).toEqual({
      hidden: true,
      source: "--super-digest",
    });
    expect(renderToml(effective, true)).toContain(`super_digest = "${superDigest}"`);
    expect(JSON.parse(renderJson(effective, true)).super_digest).toMatchObject({ value: superDigest });
  });
});

skipUnless("script")("at a terminal", () => {
  test("a password is asked for, and not shown", async () => {
    const corral = await startCorral();
    const terminal = new AtTerminal([process.execPath, main, "--user", "ada", "whoami"], corral.env);
    await terminal.printed(/password of ada: $/);
    // With a letter too many, which is taken back.
    terminal.type("topsecretx\u007f\r");
    expect(await terminal.ended).toBe(0);
    const output = terminal.raw;
    const digest = (await corral.ok("--user", "ada:topsecret", "whoami")).split("\n").at(-1)!;
    expect(output).toContain(digest);
    expect(output).not.toContain("topsecret");
  });
});
