// Words of other command lines: they work, or the verb to use is named.
import { beforeEach, expect, test } from "vitest";
import { bridgeNames } from "../../src/cli/bridges.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { version } from "../../src/version.ts";
import { type Corral, startCorral } from "./corral.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
});

const shell = (...lines: string[]) => corral.run(["shell"], lines.map((line) => `${line}\n`).join(""));

test("put creates a node or sets it, and rm, del and rmr delete, on the command line and in the shell", async () => {
  expect(await corral.ok("put", "/a", "1")).toBe("/a");
  expect(await corral.ok("put", "/a", "2")).toBe("/a");
  expect(await corral.ok("stat", "/a")).toMatch(/^version +1$/m);
  expect(await corral.ok("put", "-p", "/a/b/c", "3")).toBe("/a/b/c");
  expect(await corral.ok("rm", "/a/b/c")).toBe("deleted /a/b/c");
  expect(await corral.ok("del", "-v", "0", "/a/b")).toBe("deleted /a/b");
  expect(await shell("put a/d 4", "get a a/d", "rmr a")).toEqual({
    code: 0,
    stdout: "/a/d\n/a: 2\n/a/d: 4\ndeleted /a",
    stderr: "",
  });
});

test("a node of any mode is set by create --or-set, and a sequential one is refused with it", async () => {
  await corral.ok("create", "-c", "/c");
  await corral.ok("create", "--or-set", "/c", "x");
  expect(await corral.ok("stat", "/c")).toMatch(/^mode +container$/m);
  expect(await corral.ok("get", "/c")).toBe("x");
  expect(await corral.run(["create", "-s", "--or-set", "/n-"])).toMatchObject({ code: 2, stdout: "" });
});

test("ls2 lists with what is known, addWatch takes ZooKeeper's modes, version prints the version", async () => {
  await corral.ok("create", "/a");
  expect(await corral.ok("ls2", "/")).toMatch(/^name +version +bytes/);
  await corral.ok("set", "/a", "x");
  for (const mode of ["PERSISTENT_RECURSIVE", "PERSISTENT"])
    expect(await corral.ok("addWatch", "-m", mode, "/a", "--after", "1", "-n", "1")).toBe(
      "2  nodeDataChanged  /a",
    );
  expect(await corral.ok("version")).toBe(`corral ${version()}`);
  expect((await shell("version")).stdout).toBe(`corral ${version()}`);
  expect(await corral.ok("--timeout", "5s", "ls2", "/")).toBe(await corral.ok("ls", "-s"));
});

test("help of such a word is that of the verb", async () => {
  expect(await corral.ok("help", "rm")).toBe(await corral.ok("help", "delete"));
  expect(await corral.ok("rmr", "--help")).toBe(await corral.ok("help", "deleteall"));
  expect((await shell("help put")).stdout).toBe(await corral.ok("help", "create"));
});

test("what is otherwise here is refused with the verb to use", async () => {
  const cases = [
    [["removewatches", "/a"], "removewatches is no verb of Corral's: a watch ends with its command"],
    [["kv", "get", "a/b"], "kv: use `get /PATH`, or `get -R /PATH` for all below it; paths begin with /"],
    [["kv", "put", "a", "1"], "kv: use `put /PATH DATA`"],
    [["--timeout", "1s", "kv", "delete", "a"], "kv: use `delete /PATH`"],
    [["kv"], "kv: use `get /PATH`"],
    [["lease", "grant", "60"], "lease is no verb of Corral's: `create -e --hold`"],
    [["reconfig"], "reconfig is no verb of Corral's: there is no ensemble to change"],
  ] as const;
  for (const [words, message] of cases) {
    const { code, stderr } = await corral.run(words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`corral: ${message}`) });
  }
  expect(await shell("removewatches /a", "kv get a")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^corral: removewatches is .*\ncorral: kv: use /),
  });
});

test("no word of others hides a verb, and each says a verb that there is", () => {
  for (const word of bridgeNames) expect(verbs.has(word)).toBe(false);
});

test("get of several paths prints each after its path, or nothing if one is not there", async () => {
  await corral.ok("put", "/a", "1");
  await corral.run(["put", "/a/b", "-"], "two\nlines");
  await corral.ok("put", "/a/c");
  expect(await corral.ok("get", "/a", "/a/b", "/a/c")).toBe("/a: 1\n/a/b:\ntwo\nlines\n/a/c:");
  expect(await corral.ok("get", "-r", "/a", "/a/b")).toBe("1two\nlines");
  expect(JSON.parse(await corral.ok("get", "-o", "json", "/a", "/a/c"))).toMatchObject([
    { path: "/a", text: "1", stat: { version: 0 } },
    { path: "/a/c", text: "" },
  ]);
  expect(await corral.run(["get", "/a", "/no"])).toEqual({
    code: 3,
    stdout: "",
    stderr: "corral: no node: there is no node at /no\n",
  });
  expect(await corral.run(["get", "-w", "/a", "/a/b"])).toMatchObject({ code: 2, stdout: "" });
});

test("get -R prints the data of a whole subtree as it is at one moment", async () => {
  await corral.ok("put", "/a", "1");
  await corral.ok("put", "/a/b", "2");
  await corral.ok("put", "/ab", "3");
  expect(await corral.ok("get", "-R", "/a")).toBe("/a: 1\n/a/b: 2");
  expect(await corral.ok("get", "-R", "-b", "/a/b")).toBe("/a/b: Mg==");
  const rows = (await corral.ok("get", "-R", "-o", "ndjson", "/a")).split("\n").map((row) => JSON.parse(row));
  expect(rows).toMatchObject([
    { path: "/a", text: "1", zxid: 3, stat: { numChildren: 1 } },
    { path: "/a/b", text: "2", zxid: 3 },
  ]);
});

test("the data - are those of standard input, for create, put and set, but not in the shell", async () => {
  expect(await corral.run(["create", "/a", "-"], "one")).toMatchObject({ code: 0 });
  expect(await corral.ok("get", "/a")).toBe("one");
  expect(await corral.run(["set", "/a", "-"], "two")).toMatchObject({ code: 0 });
  expect(await corral.run(["set", "-b", "/a", "-"], "dGhyZWU=\n")).toMatchObject({ code: 0 });
  expect(await corral.ok("get", "/a")).toBe("three");
  expect(await shell("set /a -")).toMatchObject({ code: 2 });
  expect(await corral.ok("get", "/a")).toBe("three");
});
