// What is the same has one name, whichever verb says it.
import { beforeEach, expect, test } from "vitest";
import { flagOf } from "../../src/cli/flags.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir } from "./load.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
  await corral.ok("create", "/a", "1");
  await corral.ok("create", "/a/b", "2");
  await corral.ok("setquota", "-n", "100", "/a");
});

/** Every key in a value, at any depth. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [key, ...keysOf(one)]);
}

const lines = [
  ["ls", "-s", "/a"],
  ["tree"],
  ["get", "/a"],
  ["stat", "/a"],
  ["create", "-s", "/c"],
  ["set", "/a", "2"],
  ["find", "/", "a"],
  ["grep", "2"],
  ["history", "-d", "/a"],
  ["sync"],
  ["getAcl", "/a"],
  ["setAcl", "/a", "world:anyone:cdrwa"],
  ["whoami"],
  ["ephemerals"],
  ["info"],
  ["watches"],
  ["watches", "/a"],
  ["setquota", "-b", "1000", "/a"],
  ["listquota", "/a"],
  ["delquota", "/a"],
  ["cp", "/a", "/copy"],
  ["watch", "/a", "--after", "0", "--count", "1", "-d"],
  ["drain"],
  ["drain", "--off"],
  ["log-level", "info"],
  ["delete", "/a/b"],
  ["deleteall", "/a"],
] as const;

test.each(lines)("in JSON, the names of %s are in camel case", async (...line) => {
  const keys = keysOf(JSON.parse(await corral.ok(...(line as readonly string[]), "-o", "json")));
  expect(keys.filter((key) => !/^[a-z][a-zA-Z0-9]*$/.test(key))).toEqual([]);
});

test("in JSON, files, sessions and directories are called the same everywhere", async () => {
  const dir = tempDir();
  const json = async (...line: string[]) => JSON.parse((await corral.run([...line, "-o", "json"])).stdout);
  expect(await json("export", "/a", `${dir}/a`)).toHaveProperty("file", `${dir}/a`);
  expect(await json("backup", `${dir}/b`)).toHaveProperty("file", `${dir}/b`);
  expect(await json("backup", "inspect", `${dir}/b`)).toHaveProperty("file", `${dir}/b`);
  expect(await json("restore", `${dir}/b`, `${dir}/r`)).toMatchObject({
    file: `${dir}/b`,
    dataDir: `${dir}/r`,
  });
  expect(await json("fsck", `${dir}/r`)).toHaveProperty("dataDir", `${dir}/r`);
  expect(await json("server", "status", "--data-dir", `${dir}/r`)).toHaveProperty("dataDir", `${dir}/r`);
  const { stdout } = await corral.run(["shell"], "create -e /e\nephemerals -o ndjson\nsessions -o ndjson\n");
  const [, ...answers] = stdout.split("\n");
  const ids = answers.map((line) => JSON.parse(line).sessionId);
  expect(ids).toEqual([expect.any(Number), ids[0]]);
});

test("in JSON, what is known of a node and who may use it look the same everywhere", async () => {
  const json = async (...line: string[]) => JSON.parse(await corral.ok(...line, "-o", "json"));
  await corral.ok("setAcl", "/a", "world:anyone:ra");
  expect((await json("stat", "/a")).stat).toEqual((await json("get", "/a")).stat);
  const [, exported] = (await corral.ok("export", "/a", "-")).split("\n");
  expect((await json("getAcl", "/a")).acl).toEqual(JSON.parse(exported!).acl);
  await corral.ok("create", "-t", "60000", "/ttl");
  const [, withTtl] = (await corral.ok("export", "/ttl", "-")).split("\n");
  const { mode, ttlMs } = (await json("stat", "/ttl")).stat;
  expect(JSON.parse(withTtl!)).toMatchObject({ mode, ttlMs });
});

test("a flag of several verbs has the same letter in all of them", async () => {
  const longs = new Map<string, Set<string>>();
  for (const { load } of verbs.values()) {
    for (const [key, { short }] of Object.entries((await load()).line?.flags ?? {}))
      if (short !== undefined) longs.set(flagOf(key), (longs.get(flagOf(key)) ?? new Set()).add(short));
  }
  expect([...longs].filter(([, shorts]) => shorts.size > 1)).toEqual([]);
});

test("a flag that had another name is understood by that too, and not shown", async () => {
  expect(await corral.ok("watches", "--limit", "5", "/a")).toBe(
    await corral.ok("watches", "--count", "5", "/a"),
  );
  expect(await corral.ok("help", "watches")).not.toContain("--limit");
  expect(await corral.ok("config", "--json", "--port", "7")).toBe(
    await corral.ok("config", "-o", "json", "--port", "7"),
  );
});
