// Every verb with values that cannot be: one line that says why, and the exit code of a wrong command line.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type FlagSpec, flagOf } from "../../src/cli/flags.ts";
import { ttlMsMax } from "../../src/cli/limits.ts";
import type { ArgSpec, Verb } from "../../src/cli/verb.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { clientKeys, variableOf } from "../../src/config/client-keys.ts";
import { namesOf, settingNames, settingOf } from "../../src/config/settings.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir, tempFile } from "./load.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
  await corral.ok("create", "/a", "1");
});

const loaded: readonly (readonly [string, Verb])[] = await Promise.all(
  [...verbs].map(async ([name, { load }]) => [name, await load()] as const),
);
/** Their flags are settings, which have a test of their own below. */
const ofSettings = ["serve", "server", "config"];
const withLines = loaded.filter(([name, { line }]) => line !== undefined && !ofSettings.includes(name));

/** Never a whole number, or beyond what any flag takes. */
const noNumbers = [
  "x",
  "",
  " 1",
  "1.5",
  "1e3",
  "0x10",
  "+1",
  "-2147483649",
  "9007199254740993",
  "9".repeat(30),
];
/** Never a time, or beyond what any flag takes. */
const noTimes = ["x", "", "0", "-1", "1.5s", "5x", "5 s", "9999999999999d", "99999999999999", "1e3", "5S"];
/** Never the path of a node. */
const noPaths = [
  "",
  "a",
  "//",
  "/a//b",
  "/a/../b",
  "/a/.",
  "/\0",
  "/\ud800",
  "/\ue000",
  `/${"x".repeat(20_000)}`,
];

/** Words that would do, up to one at least. */
function fitting(args: readonly ArgSpec[], dir: string, upTo = -1): string[] {
  const words: Record<string, string> = {
    FILE: join(dir, "file"),
    DIR: join(dir, "directory"),
    ID: "1",
    LEVEL: "info",
    ACL: "world:anyone:r",
  };
  return args
    .filter(({ optional }, at) => !optional || at <= upTo)
    .map(({ name, kind }) => (kind === "path" ? "/a" : (words[name] ?? "true")));
}

/** Answers what it prints and how it ends; fails with its stack when it throws. */
async function run(args: readonly string[], env: Record<string, string> = {}, input?: Uint8Array) {
  Object.assign(corral.env, env);
  return await corral.run(args, input).catch((error) => {
    throw new Error(`corral ${args.join(" ")}: ${error.stack}`);
  });
}

async function refused(...given: Parameters<typeof run>): Promise<void> {
  const [args, env] = given;
  const said = await run(...given);
  const oneLine = expect.stringMatching(/^corral: [^\n]{1,600}\n$/);
  expect({ args, env, ...said }).toEqual({ args, env, code: 2, stdout: "", stderr: oneLine });
}

function badValues({ kind, max = 2 ** 31 - 1, min = 0 }: FlagSpec): readonly string[] {
  if (kind === "duration") return noTimes;
  const beyond = Number.isSafeInteger(max + 1) ? [`${min - 1}`, `${max + 1}`] : [`${min - 1}`];
  return kind === "number" ? [...noNumbers, ...beyond] : [];
}

test.each(withLines)("%s refuses numbers and times that are none", async (name, { line }) => {
  const words = fitting(line!.args, tempDir());
  for (const [key, spec] of Object.entries(line!.flags)) {
    for (const value of badValues(spec)) await refused([name, `${flagOf(key)}=${value}`, ...words]);
  }
});

/** Those that do not end by themselves. */
const endless = ["watch"];

test.each(withLines.filter(([name]) => !endless.includes(name)))(
  "%s takes the greatest number and the longest time of each flag",
  async (name, { line }) => {
    for (const [key, { kind, max = kind === "duration" ? ttlMsMax : 2 ** 31 - 1 }] of Object.entries(
      line!.flags,
    )) {
      if (kind !== "number" && kind !== "duration") continue;
      const { stderr } = await run([name, flagOf(key), `${max}`, ...fitting(line!.args, tempDir())]);
      expect(stderr).not.toContain(flagOf(key));
    }
  },
);

/** The server looks for the parent first, as ZooKeeper's does. */
const looksForParents = ["/a//b", "/a/../b"];

test.each(
  // The path of `sync` is there for hands that know ZooKeeper's: it has no effect.
  withLines.filter(([name, { line }]) => name !== "sync" && line!.args.some(({ kind }) => kind === "path")),
)("%s refuses paths that no node can have", async (name, { line }) => {
  for (const [at, { kind }] of line!.args.entries()) {
    if (kind !== "path") continue;
    for (const path of noPaths.filter((one) => name !== "create" || !looksForParents.includes(one))) {
      const words = fitting(line!.args, tempDir(), at);
      words[at] = path;
      await refused([name, ...words]);
    }
  }
});

test.each(withLines.filter(([, { line }]) => line!.args.some(({ name }) => name === "FILE")))(
  "%s refuses files that cannot be",
  async (name, { line }) => {
    const at = line!.args.findIndex((one) => one.name === "FILE");
    for (const file of ["/no/such", tempDir(), "/dev/null/x", "a\0b", "x".repeat(300), ""]) {
      const words = fitting(line!.args, tempDir());
      words[at] = file;
      await refused([name, ...words]);
    }
  },
);

const fileFlags = ["file", "caFile", "certFile", "keyFile", "tokenFile"];

test.each(withLines)("%s refuses files of flags that cannot be", async (name, { line }) => {
  for (const key of Object.keys(line!.flags).filter((one) => fileFlags.includes(one))) {
    for (const file of [
      "/no/such",
      tempDir(),
      "/dev/null/x",
      "a\0b",
      tempFile("x", "no PEM, no export"),
      "",
    ]) {
      // A file with data may have any text.
      if (key === "file" && name !== "diff" && file.endsWith("/x") && !file.startsWith("/dev")) continue;
      const pair = key === "certFile" ? ["--key-file", file] : key === "keyFile" ? ["--cert-file", file] : [];
      await refused([name, flagOf(key), file, ...pair, ...fitting(line!.args, tempDir())]);
    }
  }
});

const badOfConnections: Record<(typeof clientKeys)[number], readonly string[]> = {
  endpoint: [
    "h",
    "h:",
    ":1",
    "h:x",
    "h:0",
    "h:65536",
    "h:99999",
    "h:1:2",
    "a b:1",
    "h:1,",
    "[::1]",
    "http://h:1",
    "h/x:1",
  ],
  timeout: noTimes.filter((value) => value !== ""),
  output: ["xml", "JSON"],
  user: ["ada"],
  // They are nothing without a user, and then any text is one.
  password: [],
  password_file: [],
  token: ["a\nb", "a\0b", "ü"],
  token_file: ["/no/such", "/", "a\0b", "/dev/null"],
  tls: ["yes", "1"],
  ca_file: ["/no/such", "/", "a\0b"],
  cert_file: ["/no/such", "/"],
  key_file: ["/no/such", "/"],
};

test.each(clientKeys)("%s is refused in flags, variables and contexts alike", async (key) => {
  const contexts = join(corral.env["XDG_CONFIG_HOME"]!, "corral", "contexts.toml");
  mkdirSync(dirname(contexts), { recursive: true });
  for (const value of badOfConnections[key]) {
    if (key !== "tls") await refused(["ls", `--${key.replaceAll("_", "-")}=${value}`]);
    await refused(["ls"], { [variableOf(key)]: value });
    delete corral.env[variableOf(key)];
    writeFileSync(contexts, `[contexts.c]\n${key} = ${JSON.stringify(value)}\n`);
    if (key === "endpoint") delete corral.env["CORRAL_ENDPOINT"];
    await refused(["ls", "--context", "c"]);
  }
});

test.each([
  ["a directory", (file: string) => mkdirSync(file)],
  ["no TOML", (file: string) => writeFileSync(file, "a = ")],
  ["of keys that are not known", (file: string) => writeFileSync(file, "a = 1")],
  ["no table", (file: string) => writeFileSync(file, "current = 1\ncontexts = 2")],
  ["a loop", (file: string) => symlinkSync(file, file)],
])("a file of contexts that is %s is refused", async (_, make) => {
  const contexts = join(corral.env["XDG_CONFIG_HOME"]!, "corral", "contexts.toml");
  mkdirSync(dirname(contexts), { recursive: true });
  make(contexts);
  for (const [name, { line }] of withLines)
    if (line!.flags["context"] !== undefined && name !== "restore" && name !== "fsck")
      await refused([name, ...fitting(line!.args, tempDir())]);
  await refused(["shell"]);
});

test("a time of `server stop` and `server restart` that is none is refused", async () => {
  for (const time of noTimes)
    for (const action of ["stop", "restart"])
      await refused(["server", action, `--timeout=${time}`, "--data-dir", tempDir()]);
});

test.each(settingNames)("the setting %s is refused in flags and variables alike", async (name) => {
  const { flag, env } = namesOf(name);
  const { type, fromText } = settingOf(name);
  const values = [...noNumbers, "~/x", "/\0", "a b", "65536", "-1"].filter(
    (one) => !type.safeParse(fromText(one)).success,
  );
  for (const value of values) {
    for (const verb of [["serve"], ["config"], ["server", "start"], ["server", "status"]])
      await refused([...verb, `${flag}=${value}`]);
    if (!value.includes("\0")) await refused(["config"], { [env]: value });
    delete corral.env[env];
  }
});
