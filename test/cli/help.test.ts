// Every verb shows one example, and the same with grpcurl: both are run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fromJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { verbs } from "../../src/cli/verbs.ts";
import { wordsIn } from "../../src/cli/words.ts";
import { skipUnless, toolPath } from "../support/tools.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir } from "./load.ts";

/** Verbs that talk to no server. */
const local = ["serve", "server", "config", "completion", "shell", "restore", "fsck"];

/** Verbs whose call with grpcurl goes on for ever. */
const endless = ["watch", "history"];

/** Verbs that say nothing when all is well: the output is that of the command that they run, or a difference. */
const quiet = ["run", "lock", "diff"];

const remote = [...verbs.keys()].filter((name) => !local.includes(name));

/** What the README leaves behind, what delete and delquota need, and more than one change to watch. */
async function prepare(corral: Corral, name: string): Promise<void> {
  await corral.ok("create", "/sl", "20");
  await corral.ok("set", "/sl", "30");
  if (name === "expire") await corral.server.engine.openSession(0);
  if (name === "delete") await corral.ok("create", "/sl/a");
  if (name.endsWith("quota") && name !== "setquota") await corral.ok("setquota", "-n", "100", "/sl");
}

async function exampleOf(name: string): Promise<{ example: string; grpcurl: string }> {
  const usage = (await verbs.get(name)!.load()).usage();
  const [, example = ""] = /^Example:\n {2}(.+)$/m.exec(usage) ?? [];
  const [, grpcurl = ""] = /^The same with grpcurl:\n {2}(grpcurl .+)$/m.exec(usage) ?? [];
  return { example, grpcurl };
}

test.each(remote)("%s: the example works", async (name) => {
  const corral = await startCorral();
  await prepare(corral, name);
  const { example } = await exampleOf(name);
  const [command = "", source] = example.split(" | ").reverse();
  const [program, verb, ...args] = wordsIn(command);
  expect([program, verb]).toEqual(["corral", name]);
  const [from, ...words] = source === undefined ? [] : wordsIn(source);
  const input = from === "corral" ? await corral.ok(...words) : words[0];
  const inPlace = args.map((word) => (word === "corral.backup" ? join(tempDir(), word) : word));
  const { code, stdout, stderr } = await corral.run([name, ...inPlace], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout === "").toBe(quiet.includes(name));
});

test.each(remote)("%s: the grpcurl call names a method and fills its request", async (name) => {
  const words = wordsIn((await exampleOf(name)).grpcurl);
  const [service, method] = words.at(-1)!.split("/");
  const found = [...Coordination.methods, ...Admin.methods].find(
    (one) => one.name === method && one.parent.typeName === service,
  );
  expect(found, words.at(-1)).toBeDefined();
  const at = words.indexOf("-d");
  fromJson(found!.input, JSON.parse(at === -1 ? "{}" : words[at + 1]!));
});

skipUnless("grpcurl")("with grpcurl", () => {
  test.each(remote)("%s: the call works", async (name) => {
    const corral = await startCorral();
    await prepare(corral, name);
    const [, ...words] = wordsIn((await exampleOf(name)).grpcurl);
    const args = words.map((word) => (word === "localhost:7181" ? corral.server.address : word));
    const child = spawn(toolPath("grpcurl"), args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      // A watch goes on for ever.
      if (endless.includes(name) && output.includes("events")) child.kill();
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    const [code] = await once(child, "close");
    expect({ errors, code }).toEqual({ errors: "", code: endless.includes(name) ? null : 0 });
  });
});

describe("help", () => {
  test.each([...verbs.keys()])("of %s shows an example", async (name) => {
    const words = wordsIn((await exampleOf(name)).example.split(" | ").at(-1)!);
    expect(words.slice(0, 2)).toEqual(["corral", name]);
  });

  test("shows the flags of a verb, and those of every verb", async () => {
    const corral = await startCorral();
    const help = await corral.ok("create", "--help");
    expect(help).toMatch(/^Usage: corral create \[flags\] PATH \[DATA\] \[ACL\]$/m);
    expect(help).toMatch(/^ {2}-s, --sequential +Append a number/m);
    expect(help).toMatch(/^ {6}--endpoint HOST:PORT/m);
    expect(await corral.ok("help", "create")).toBe(help);
  });
});
