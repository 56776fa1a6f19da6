// export, import, cp and diff against a real server.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { WholeFile } from "../../src/cli/transfer/whole-file.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir, tempFile } from "./load.ts";
import { startCommand } from "./run-command.ts";

const rpc = Coordination.method;
let journal: MemoryJournal;
let corral: Corral;
let file: string;

beforeEach(async () => {
  journal = new MemoryJournal();
  corral = await startCorral({ journal });
  file = join(tempDir(), "a.jsonl");
});

/** A subtree with something of everything. */
async function plant(): Promise<void> {
  await corral.ok("create", "/a", "top");
  await corral.ok("create", "/a/text", "grüße\n");
  await corral.ok("create", "/a/text/below");
  await corral.ok("create", "-c", "/a/container");
  await corral.ok("create", "-t", "60000", "/a/ttl", "x");
  await corral.ok("create", "/a/readable", "x", "world:anyone:crwa");
  await corral.server.client.unary(rpc.create, { path: "/a/bytes", data: new Uint8Array([0xff, 0]) });
  const { sessionToken: session } = await corral.server.client.unary(rpc.openSession, {});
  await corral.server.client.unary(rpc.create, { path: "/a/e", mode: CreateMode.EPHEMERAL }, { session });
}

const exported = [
  { path: ".", text: "top" },
  { path: "bytes", base64: "/wA=" },
  { path: "container", mode: "container" },
  {
    path: "readable",
    text: "x",
    acl: [{ scheme: "world", id: "anyone", permissions: ["create", "read", "write", "admin"] }],
  },
  { path: "text", text: "grüße\n" },
  { path: "text/below" },
  { path: "ttl", text: "x", mode: "persistentWithTtl", ttlMs: 60_000 },
];

function linesOf(path: string): unknown[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

function exportOf(...nodes: object[]): string {
  const lines = [{ format: "corral-export-1", path: "/x", zxid: 1 }, ...nodes, { nodes: nodes.length }];
  return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
}

/** Many small nodes, in an export. */
function many(count: number): string {
  return exportOf({ path: "." }, ...Array.from({ length: count - 1 }, (_, at) => ({ path: `n${at}` })));
}

function childCount(path: string): number | undefined {
  return corral.server.engine.tree.node(path)?.numChildren;
}

describe("export", () => {
  test("writes a node a line, what is as usual left out, for the owner alone", async () => {
    await plant();
    const { zxid } = corral.server.engine.tree;
    expect(await corral.run(["export", "/a", file])).toEqual({
      code: 0,
      stdout: `7 nodes as of zxid ${zxid} in ${file}`,
      stderr: "corral: left out, since they belong to their sessions: 1 ephemeral node\n",
    });
    const head = { format: "corral-export-1", path: "/a", zxid };
    expect(linesOf(file)).toEqual([head, ...exported, { nodes: 7 }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(file))).toEqual(["a.jsonl"]);
  });

  test("can do without lists, and write to standard output", async () => {
    await plant();
    const { stdout } = await corral.run(["export", "--no-acl", "/a", "-"]);
    expect(stdout).not.toContain("acl");
    expect(stdout.split("\n")).toHaveLength(9);
  });

  test("of everything leaves out what is the server's own", async () => {
    await corral.ok("create", "/a");
    expect(await corral.ok("export", "/", "-")).not.toContain("zookeeper");
  });

  test("tells what the caller may not read", async () => {
    await corral.ok("create", "/a");
    await corral.ok("create", "/a/secret", "x", "digest:u:D/InIHSb7yEEbrWz8b9l71RjZJU=:r");
    expect(await corral.run(["export", "/a", file])).toMatchObject({
      code: 0,
      stderr: "corral: left out, with all that is below, since you may not read it: 1 node\n",
    });
    expect(linesOf(file)).toHaveLength(3);
  });

  test.each([
    [3, ["/no", "FILE"], "no node"],
    [2, ["/a", "/no/such/file"], "/no/such/file cannot be written: its directory does not exist"],
  ])("that fails leaves no file: exit %i", async (code, words, part) => {
    await corral.ok("create", "/a");
    const args = words.map((word) => (word === "FILE" ? file : word));
    expect(await corral.run(["export", ...args])).toMatchObject({
      code,
      stdout: "",
      stderr: expect.stringContaining(part),
    });
    expect(readdirSync(dirname(file))).toEqual([]);
  });
});

describe("export to a file that is there", () => {
  test("leaves it as it is, unless --force says otherwise", async () => {
    await corral.ok("create", "/a", "new");
    writeFileSync(file, "precious");
    expect(await corral.run(["export", "/a", file])).toEqual({
      code: 4,
      stdout: "",
      stderr: `corral: ${file} is there already; say --force to replace it\n`,
    });
    expect(readFileSync(file, "utf8")).toBe("precious");
    expect(readdirSync(dirname(file))).toHaveLength(1);
    await corral.ok("export", "--force", "/a", file);
    expect(linesOf(file)).toHaveLength(3);
  });

  test("leaves one that another has made meanwhile", async () => {
    await using target = await WholeFile.create(file, false);
    await target.write("mine");
    writeFileSync(file, "precious");
    await expect(target.finish()).rejects.toThrow(`${file} is there already`);
    expect(readFileSync(file, "utf8")).toBe("precious");
  });
});

describe("import", () => {
  test("makes of an export what was there, in one change if it is small", async () => {
    await plant();
    await corral.run(["export", "/a", file]);
    const before = corral.server.engine.tree.zxid;
    expect(await corral.ok("import", file, "/b")).toBe("7 nodes created, 0 overwritten, 0 skipped");
    expect(corral.server.engine.tree.zxid).toBe(before + 1);
    expect((await corral.run(["diff", "/a", "/b"])).code).toBe(0);
    expect(await corral.run(["diff", "/b", "--file", file])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await corral.ok("import", "--parents", file, "/c/d/e")).toContain("7 nodes created");
    expect(await corral.run(["import", file, "/no/parent"])).toMatchObject({ code: 3 });
  });

  test.each([
    ["", "it is cut short"],
    ["{}\n", "line 1: this is no export"],
    ["hello\n", "line 1: this is not JSON"],
    [exportOf({ path: "." }).replace(/\{"nodes.*\n/, ""), "line 2: it is cut short"],
    [exportOf({ path: "." }).replace('"nodes":1', '"nodes":2'), "line 3: it counts 2 nodes, and 1 are there"],
    [`${exportOf({ path: "." })}{}\n`, "line 4: there is something after the end"],
    [exportOf({ path: "." }, { path: "a", color: "red" }), "line 3: color is not known"],
    [exportOf({ path: "." }, { path: "/a" }), "line 3: a path is wrong"],
    [exportOf({ path: "." }, { path: "a" }, { path: "a" }), "line 4: a is there twice"],
    [exportOf({ path: "." }, { path: "a/b" }, { path: "a" }), "line 3: a/b comes before its parent"],
    [exportOf({ path: ".", text: 1 }), "line 2: a text is wrong"],
    [exportOf({ path: ".", base64: "*" }), "line 2: a base64 is wrong"],
    [exportOf({ path: ".", text: "", base64: "" }), "line 2: there is both text and base64"],
    [exportOf({ path: ".", mode: "ephemeral" }), "line 2: a mode is wrong"],
    [exportOf({ path: ".", ttlMs: 5 }), "line 2: a ttlMs is wrong"],
    ...[1.5, -1, 2 ** 40, 1e300, "5", null].map((ttlMs): [string, string] => [
      exportOf({ path: ".", mode: "persistentWithTtl", ttlMs }),
      "line 2: a ttlMs is wrong",
    ]),
    [exportOf({ path: ".", acl: [{}] }), "line 2: an acl is wrong"],
  ])("refuses %j, and writes nothing", async (content, part) => {
    const before = corral.server.engine.tree.zxid;
    expect(await corral.run(["import", tempFile("x.jsonl", content), "/b"])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(part),
    });
    expect(corral.server.engine.tree.zxid).toBe(before);
  });

  test("refuses a file that is not there", async () => {
    expect(await corral.run(["import", "/no/such", "/b"])).toMatchObject({
      code: 2,
      stderr: "corral: /no/such cannot be read: it does not exist\n",
    });
  });

  test("writes nothing over what is there, unless it is told to, or to pass it by", async () => {
    await corral.ok("create", "/b", "mine");
    await corral.ok("create", "/b/x", "mine");
    writeFileSync(file, exportOf({ path: "." }, { path: "x", text: "new" }, { path: "y", text: "new" }));
    const before = corral.server.engine.tree.zxid;
    expect(await corral.run(["import", file, "/b"])).toEqual({
      code: 4,
      stdout: "",
      stderr:
        "corral: nothing was written, since this is there already: /b, and 1 other node; say --overwrite or --skip-existing\n",
    });
    expect(corral.server.engine.tree.zxid).toBe(before);
    expect(await corral.ok("import", "--skip-existing", file, "/b")).toBe(
      "1 node created, 0 overwritten, 2 skipped",
    );
    expect([await corral.ok("get", "/b/x"), await corral.ok("get", "/b/y")]).toEqual(["mine", "new"]);
    expect(await corral.ok("import", "--overwrite", file, "/b")).toBe(
      "0 nodes created, 3 overwritten, 0 skipped",
    );
    expect(await corral.ok("get", "/b/x")).toBe("new");
    expect(await corral.run(["import", "--overwrite", "--skip-existing", file, "/b"])).toMatchObject({
      code: 2,
    });
  });

  test("reads an export that names modes and times as earlier versions did", async () => {
    writeFileSync(file, exportOf({ path: ".", mode: "persistent_with_ttl", ttl_ms: 60_000 }));
    await corral.ok("import", file, "/ttl");
    expect(await corral.ok("export", "/ttl", "-")).toContain('"mode":"persistentWithTtl","ttlMs":60000');
  });

  test("sets access control lists of nodes that it overwrites", async () => {
    await corral.ok("create", "/b");
    const acl = [{ scheme: "world", id: "anyone", permissions: ["read", "admin"] }];
    writeFileSync(file, exportOf({ path: ".", acl }));
    await corral.ok("import", "--overwrite", file, "/b");
    expect(await corral.ok("getAcl", "/b")).toContain("world:anyone:ra");
  });

  test("puts an export of everything back into everything", async () => {
    await corral.ok("set", "/", "root");
    await corral.ok("create", "/a", "1");
    await corral.ok("export", "/", file);
    await corral.ok("deleteall", "/a");
    expect(await corral.ok("import", file, "/")).toBe("1 node created, 1 overwritten, 0 skipped");
    expect(await corral.ok("diff", "/", "--file", file)).toBe("");
  });

  test("refuses lists that would let nobody in", async () => {
    await corral.ok("create", "/a", "x", "digest:u:D/InIHSb7yEEbrWz8b9l71RjZJU=:a,world:anyone:r");
    expect(await corral.run(["export", "/a", file])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("1 access control list without the hashes of digests"),
    });
    expect(await corral.run(["import", file, "/b"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("the access control list of . lacks the hash of a digest"),
    });
    expect(await corral.ok("import", "--no-acl", file, "/b")).toContain("1 node created");
  });
});

describe("many nodes", () => {
  test("are written in several changes; after ctrl-C it tells what was done, and can go on", async () => {
    writeFileSync(file, many(600));
    journal.hold();
    const importing = corral.start(["import", file, "/b"]);
    await journal.commitArrived();
    importing.interrupt();
    journal.release();
    expect(await importing.finished).toEqual({
      code: 130,
      stdout: "",
      stderr:
        "corral: interrupted; 250 nodes created, 0 overwritten, 0 skipped, up to /b/n248; " +
        "to go on, run it again with --skip-existing\n",
    });
    expect(childCount("/b")).toBe(249);
    expect(await corral.ok("import", "--skip-existing", file, "/b")).toBe(
      "350 nodes created, 0 overwritten, 250 skipped",
    );
    expect(childCount("/b")).toBe(599);
  });

  test("are deleted in several changes; after ctrl-C it tells how many, and can go on", async () => {
    writeFileSync(file, many(30));
    await corral.ok("import", file, "/b");
    journal.hold();
    const deleting = corral.start(["deleteall", "-b", "10", "/b"]);
    await journal.commitArrived();
    deleting.interrupt();
    journal.release();
    expect(await deleting.finished).toEqual({
      code: 130,
      stdout: "",
      stderr: "corral: interrupted; 10 of 30 nodes deleted; to go on, run it again\n",
    });
    expect(childCount("/b")).toBe(19);
    expect(await corral.ok("deleteall", "-b", "10", "/b")).toBe("deleted /b");
  });

  test("of which nobody knows whether they were written are told as such", async () => {
    writeFileSync(file, many(300));
    const proxy = await FaultProxy.start(corral.server.port);
    journal.hold();
    const importing = corral.start(["import", "--endpoint", proxy.address, file, "/b"]);
    await journal.commitArrived();
    proxy.refuse();
    proxy.cut();
    expect(await importing.finished).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(
        "; 0 nodes created, 0 overwritten, 0 skipped; of the next ones, 250 at most, nobody knows; to go on",
      ),
    });
    journal.release();
  });

  test("are written in smaller changes where the server takes no larger ones", async () => {
    const small = startCommand([
      "serve",
      "--port",
      "0",
      "--data-dir",
      tempDir(),
      "--max-transaction-operations",
      "9",
    ]);
    const { address } = JSON.parse(await small.line("listening"));
    writeFileSync(file, many(100));
    expect(await corral.ok("import", "--endpoint", address, file, "/b")).toContain("100 nodes created");
    expect(await corral.ok("diff", "--endpoint", address, "/b", "--file", file)).toBe("");
  });

  test("and large ones fit into changes", async () => {
    const text = "x".repeat(700_000);
    writeFileSync(file, exportOf({ path: "." }, ...["a", "b", "c"].map((path) => ({ path, text }))));
    expect(await corral.ok("import", file, "/b")).toContain("4 nodes created");
  });
});

describe("cp", () => {
  test("copies a subtree, lists included, and tells what it left out", async () => {
    await plant();
    expect(await corral.run(["cp", "/a", "/b"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^7 nodes created, 0 overwritten, 0 skipped, as of zxid \d+$/),
      stderr: "corral: left out, since they belong to their sessions: 1 ephemeral node\n",
    });
    expect(await corral.run(["diff", "/a", "/b"])).toMatchObject({ code: 0, stdout: "" });
    expect(await corral.run(["cp", "/a", "/b"])).toMatchObject({ code: 4 });
    expect(await corral.run(["cp", "--overwrite", "/a", "/b"])).toMatchObject({ code: 0 });
  });

  test.each([
    ["/a", "/a"],
    ["/a", "/a/b"],
    ["/a/b", "/a"],
    ["/", "/a"],
  ])("refuses %s to %s", async (from, to) => {
    expect(await corral.run(["cp", from, to])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("diff", () => {
  test("tells what is more, what is less and what is other", async () => {
    await plant();
    await corral.run(["cp", "/a", "/b"]);
    await corral.ok("set", "/b/text", "other");
    await corral.ok("delete", "/b/ttl");
    await corral.ok("create", "/b/ttl", "x");
    await corral.ok("setAcl", "/b/readable", "world:anyone:cdrwa");
    await corral.ok("delete", "/b/text/below");
    await corral.ok("create", "/b/more");
    const { code, stdout } = await corral.run(["diff", "/a", "/b"]);
    expect({ code, lines: stdout.split("\n") }).toEqual({
      code: 1,
      lines: ["+ more", "~ readable  (acl)", "~ text  (data)", "~ ttl  (mode, ttl)", "- text/below"],
    });
    const json = JSON.parse((await corral.run(["diff", "-o", "json", "--no-acl", "/a", "/b"])).stdout);
    expect(json[1]).toEqual({ path: "text", change: "changed", what: ["data"] });
  });

  test("compares with one thing", async () => {
    expect(await corral.run(["diff", "/a"])).toMatchObject({ code: 2 });
    expect(await corral.run(["diff", "/a", "/b", "--file", "x"])).toMatchObject({ code: 2 });
  });
});
