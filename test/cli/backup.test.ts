// backup, backup inspect, restore and fsck against real servers and real files.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir } from "./load.ts";

const rpc = Coordination.method;
let corral: Corral;
let dir: string;
let file: string;

beforeEach(async () => {
  corral = await startCorral({ version: "1.2.3" });
  dir = tempDir();
  file = join(dir, "file");
  const { client } = corral.server;
  await corral.ok("create", "/a", "data");
  const { sessionToken: session } = await client.unary(rpc.openSession, {});
  await client.unary(rpc.create, { path: "/a/e", mode: CreateMode.EPHEMERAL }, { session });
});

/** More than the buffers between server and client hold. */
async function plantMuch(): Promise<void> {
  for (let i = 0; i < 40; i++)
    await corral.server.client.unary(rpc.create, { path: `/much-${i}`, data: Buffer.alloc(1_000_000) });
}

describe("backup", () => {
  test("writes a file for its owner alone, and tells what is in it", async () => {
    expect(await corral.ok("backup", file)).toBe(`6 nodes and 1 session as of zxid 3 in ${file}, 0.0 MB`);
    expect(readdirSync(dir)).toEqual(["file"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await corral.ok("backup", "-o", "json", join(dir, "other")))).toMatchObject({
      zxid: 3,
      nodes: 6,
      sessions: 1,
      fileBytes: statSync(file).size,
    });
  });

  test("replaces no file unless it is told to", async () => {
    writeFileSync(file, "mine");
    const refused = { code: 4, stderr: `corral: ${file} is there already; say --force to replace it\n` };
    expect(await corral.run(["backup", file])).toMatchObject(refused);
    expect(readFileSync(file, "utf8")).toBe("mine");
    await corral.ok("backup", "--force", file);
    expect(await corral.ok("backup", "inspect", file)).toMatch(/^checksum +ok$/m);
  });

  test("takes the place of a file alone, whatever it is told", async () => {
    const pipe = join(dir, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const target of [dir, pipe]) {
      expect(await corral.run(["backup", "--force", target])).toMatchObject({
        code: 2,
        stderr: `corral: ${target} cannot be written: it is there, and no file\n`,
      });
    }
    expect(readdirSync(dir)).toEqual(["pipe"]);
  });

  test("leaves nothing when it is interrupted, or when the connection breaks", async () => {
    await plantMuch();
    const proxy = await FaultProxy.start(corral.server.port);
    const endpoint = ["--endpoint", proxy.address];
    const verb = corral.start([...endpoint, "backup", file]);
    await expect.poll(() => readdirSync(dir)).toHaveLength(1);
    expect(readdirSync(dir)[0]).toMatch(/^file\.\d+\.part$/);
    proxy.stall();
    verb.interrupt();
    expect(await verb.finished).toMatchObject({ code: 130 });
    expect(readdirSync(dir)).toEqual([]);
    proxy.heal();
    const other = corral.start([...endpoint, "backup", file]);
    await expect.poll(() => readdirSync(dir)).toHaveLength(1);
    proxy.cut();
    expect(await other.finished).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("connection lost"),
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  test("tells why it cannot write, and what it may not", async () => {
    const nowhere = join(dir, "no", "file");
    expect(await corral.run(["backup", nowhere])).toMatchObject({
      code: 2,
      stderr: `corral: ${nowhere} cannot be written: its directory does not exist\n`,
    });
    await corral.ok("setAcl", "/", "world:anyone:cdrw");
    expect(await corral.run(["backup", file])).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/^corral: no auth: /),
    });
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe("backup inspect", () => {
  test("tells what is in a backup, without a server", async () => {
    await corral.ok("backup", file);
    await corral.server.stop();
    const lines = (await corral.ok("backup", "inspect", file)).split("\n").map((line) => line.split(/ {2,}/));
    expect(Object.fromEntries(lines)).toMatchObject({
      zxid: "3",
      nodes: "6",
      ephemerals: "1",
      sessions: "1",
      requests: "1",
      "data bytes": "4",
      "file bytes": `${statSync(file).size}`,
      server: "Corral 1.2.3",
      checksum: "ok",
    });
    const json = JSON.parse(await corral.ok("backup", "inspect", "-o", "json", file));
    expect(json).toMatchObject({
      zxid: 3,
      nodes: 6,
      ephemerals: 1,
      sessions: 1,
      dataBytes: 4,
      checksum: "ok",
    });
  });

  test.each([
    ["is cut short", (bytes: Buffer) => bytes.subarray(0, 500), /cut short: it ends at byte 500/],
    ["has a flipped bit", (bytes: Buffer) => bytes.fill(bytes[300]! ^ 1, 300, 301), /is damaged at byte/],
    ["is none", () => Buffer.from("hello\n"), /is not a backup of Corral/],
  ])("of a file that %s says so in a line", async (_what, harm, reason) => {
    await corral.ok("backup", file);
    writeFileSync(file, harm(readFileSync(file)));
    const { code, stdout, stderr } = await corral.run(["backup", "inspect", file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(reason);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  test("of a file that is not there says so", async () => {
    expect(await corral.run(["backup", "inspect", file])).toMatchObject({
      code: 2,
      stderr: `corral: ${file} cannot be read: it does not exist\n`,
    });
  });
});

describe("restore", () => {
  test("makes a data directory that is sound, and prints what it did", async () => {
    await corral.ok("backup", file);
    const dataDir = join(dir, "restored");
    expect((await corral.ok("restore", file, dataDir)).split("\n")).toEqual([
      `restored ${dataDir} from ${file}`,
      expect.stringMatching(/^backup {4}zxid 3, \d{4}-.*Z, of database 0{14}aa$/),
      "nodes     5",
      "sessions  0 kept, 1 dropped with 1 ephemeral node",
      "zxid      1000000003, raised by 1000000000; the history begins here",
    ]);
    expect(await corral.ok("fsck", dataDir)).toBe(
      "all is well: 5 nodes, 0 sessions at zxid 1000000003, and a history of 0 changes",
    );
  });

  test("keeps sessions, and raises the zxid by as much as it is told", async () => {
    await corral.ok("backup", file);
    const dataDir = join(dir, "restored");
    const args = ["restore", file, dataDir, "--keep-sessions", "--raise-zxid", "7", "-o", "json"];
    expect(JSON.parse(await corral.ok(...args))).toMatchObject({
      zxid: 10,
      nodes: 6,
      sessions: 1,
      backup: { zxid: 3 },
    });
    expect(JSON.parse(await corral.ok("fsck", "-o", "json", dataDir))).toMatchObject({
      problems: [],
      sessions: 1,
    });
    expect(await corral.run(["restore", file, join(dir, "x"), "--raise-zxid", "0"])).toMatchObject({
      code: 2,
    });
  });

  test("refuses a directory that is in use or not empty, and a backup that is damaged", async () => {
    await corral.ok("backup", file);
    const dataDir = join(dir, "used");
    const journal = await openSqliteJournal({ dataDir });
    expect(await corral.run(["restore", file, dataDir])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/a server uses/),
    });
    expect(await corral.run(["fsck", dataDir])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/a server uses .*: stop it first/),
    });
    await journal.close();
    expect(await corral.run(["restore", file, dataDir])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/is not empty/),
    });
    writeFileSync(file, readFileSync(file).subarray(0, 400));
    const missing = join(dir, "missing");
    expect(await corral.run(["restore", file, missing])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cut short/),
    });
    expect(existsSync(missing)).toBe(false);
    const nothing = join(dir, "nothing");
    const unreadable = {
      code: 2,
      stderr: expect.stringMatching(/^corral: .*nothing cannot be read: it does not exist$/m),
    };
    expect(await corral.run(["restore", nothing, missing])).toMatchObject(unreadable);
    expect(existsSync(missing)).toBe(false);
  });
});

test("fsck of what is no directory finds no database", async () => {
  writeFileSync(file, "");
  expect(await corral.run(["fsck", file])).toMatchObject({
    code: 1,
    stderr: `corral: there is no database in ${file}\n`,
  });
});

test("fsck prints a line for each problem, and exits with 1", async () => {
  await corral.ok("backup", file);
  const dataDir = join(dir, "restored");
  await corral.ok("restore", file, dataDir);
  writeFileSync(join(dataDir, "last-zxid"), "");
  const { code, stdout, stderr } = await corral.run(["fsck", dataDir]);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: `${dataDir}/last-zxid cannot be read`,
    stderr: "",
  });
  const json = await corral.run(["fsck", "-o", "json", dataDir]);
  expect([json.code, JSON.parse(json.stdout).problems]).toEqual([1, [stdout]]);
});
