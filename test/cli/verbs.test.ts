// Every verb against a real server, as a command of its own: what it prints, and how it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { beforeEach, describe, expect, test } from "vitest";
import { type Corral, startCorral } from "./corral.ts";
import { tempFile } from "./load.ts";
import { main, startCommand } from "./run-command.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
});

/** Moments differ from run to run. */
function timeless(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/"(\w)timeMs": ?\d+/g, '"$1timeMs":0');
}

async function refused(code: number, stderr: string, args: readonly string[], input?: string): Promise<void> {
  expect(await corral.run(args, input), args.join(" ")).toEqual({
    code,
    stdout: "",
    stderr: `corral: ${stderr}\n`,
  });
}

describe("nodes", () => {
  test("are created, read, set, listed and deleted", async () => {
    expect(await corral.ok("create", "/sl", "20")).toBe("/sl");
    expect(await corral.ok("get", "/sl")).toBe("20");
    expect(await corral.ok("set", "-v", "0", "/sl", "30")).toBe("version 1");
    expect(await corral.ok("get", "-b", "/sl")).toBe("MzA=");
    expect(await corral.ok("get", "-x", "/sl")).toMatch(/^00000000 {2}33 30 +30$/);
    expect(await corral.ok("create", "-p", "/sl/a/b", "-1")).toBe("/sl/a/b");
    expect(await corral.ok("create", "-s", "/sl/n-")).toBe("/sl/n-0000000001");
    expect(await corral.ok("ls", "/sl")).toBe("a\nn-0000000001");
    expect(await corral.ok("ls", "-R", "/sl")).toBe("/sl\n/sl/a\n/sl/a/b\n/sl/n-0000000001");
    expect(await corral.ok("tree", "/sl")).toBe("/sl\n├── a\n│   └── b\n└── n-0000000001");
    expect(await corral.ok("tree", "-L1", "/sl")).toBe("/sl\n├── a\n└── n-0000000001");
    expect(timeless(await corral.ok("ls", "-s", "/sl"))).toBe(
      [
        "name          version  bytes  children  modified                  mode",
        "a                   0      0         1  TIME  persistent",
        "n-0000000001        0      0         0  TIME  persistent",
      ].join("\n"),
    );
    expect(await corral.ok("delete", "/sl/a/b")).toBe("deleted /sl/a/b");
    expect(await corral.ok("deleteall", "-n", "/sl")).toBe("/sl\n/sl/a\n/sl/n-0000000001");
    expect(await corral.ok("deleteall", "/sl")).toBe("deleted /sl");
    expect(await corral.ok("ls")).toBe("zookeeper");
  });

  test("are told as JSON, whole or line by line", async () => {
    await corral.ok("create", "/a", "x");
    const facts = { path: "/a", text: "x", zxid: 1, stat: { version: 0, dataLength: 1, mode: "persistent" } };
    expect(JSON.parse(await corral.ok("get", "/a", "-o", "json"))).toMatchObject(facts);
    expect(JSON.parse(await corral.ok("-o", "json", "ls", "/"))).toMatchObject([
      { name: "a", path: "/a" },
      { name: "zookeeper" },
    ]);
    expect(await corral.ok("-ondjson", "ls", "-R", "/a")).toBe('{"name":"/a","path":"/a"}');
    expect(await corral.ok("-o", "json", "ls", "/a")).toBe("[]");
    expect(JSON.parse(await corral.ok("stat", "/a", "--output=json"))).toMatchObject({
      path: "/a",
      stat: facts.stat,
      zxid: 1,
    });
  });

  test("hold bytes of any kind, from standard input, from files, and in base64", async () => {
    expect(await corral.run(["create", "/bin", "-f", "-"], new Uint8Array([0xff, 0, 0x41]))).toMatchObject({
      code: 0,
    });
    expect(await corral.ok("get", "/bin")).toMatch(/^00000000 {2}ff 00 41 +\.\.A$/);
    expect(JSON.parse(await corral.ok("-o", "json", "get", "/bin"))).toMatchObject({ base64: "/wBB" });
    await corral.ok("set", "/bin", "--file", tempFile("data", "from a file"));
    expect(await corral.ok("get", "-r", "/bin")).toBe("from a file");
    await corral.ok("set", "/bin", "-b", "QUI=");
    expect(await corral.ok("get", "/bin")).toBe("AB");
    await refused(2, "the data are not base64", ["set", "/bin", "-b", "!"]);
    await corral.ok("set", "/bin", "");
    expect(await corral.ok("get", "/bin")).toBe("");
  });

  test("are containers, and have TTLs", async () => {
    await corral.ok("create", "-c", "/c");
    expect(await corral.ok("stat", "/c")).toMatch(/^mode +container$/m);
    await corral.ok("create", "-t", "90s", "/t");
    expect(await corral.ok("stat", "/t")).toMatch(/^ttlMs +90000$/m);
    const message = "--container goes with neither --sequential nor --ttl";
    await refused(2, message, ["create", "-c", "-s", "/d"]);
  });

  test("of more than one change can hold are deleted in parts", async () => {
    await corral.run(
      ["transact", "-"],
      ["/a", ...Array.from({ length: 25 }, (_, i) => `/a/${i}`)].map((p) => `create ${p}`).join("\n"),
    );
    expect(await corral.ok("deleteall", "-b", "10", "/a")).toBe("deleted /a");
    // One creation, then three changes.
    expect(await corral.ok("sync")).toBe("zxid 4");
  });
});

describe("as a process of its own", () => {
  test("a verb prints, and ends with its code", async () => {
    await corral.ok("create", "/sl", "20");
    expect(await startCommand(["get", "/sl"], corral.env).finished).toEqual({
      code: 0,
      stdout: "20",
      stderr: "",
    });
    expect(await startCommand(["set", "/sl", "-f", "-"], corral.env, "30").finished).toMatchObject({
      code: 0,
    });
    expect(await startCommand(["get", "/no"], corral.env).finished).toEqual({
      code: 3,
      stdout: "",
      stderr: "corral: no node: there is no node at /no\n",
    });
  });

  test("a verb that runs for ever ends well at ctrl-C, and says goodbye", async () => {
    const holder = startCommand(["create", "-e", "/e", "--hold"], corral.env);
    await holder.line("/e");
    holder.child.kill("SIGINT");
    expect(await holder.finished).toEqual({ code: 0, stdout: "/e", stderr: "" });
    expect(await corral.ok("ls")).toBe("zookeeper");
  });

  test("output that cannot be written is a failure", async () => {
    const command = `exec '${process.execPath}' '${main}' ls > /dev/full`;
    const child = spawn("bash", ["--norc", "-c", command], {
      env: corral.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, "close");
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^corral: the output cannot be written: ENOSPC/),
    ]);
  });

  test("a reader that has seen enough is no failure", async () => {
    for (const part of ["a", "b", "c"]) {
      const some = Array.from({ length: 900 }, (_, at) => `create /${part}${"x".repeat(100)}${at}`);
      await corral.run(["transact", "-"], some.join("\n"));
    }
    const lister = startCommand(["ls", "-o", "ndjson", "-s"], corral.env);
    lister.child.stdout?.once("data", () => lister.child.stdout?.destroy());
    expect(await lister.finished).toMatchObject({ code: 0, stderr: "" });
  });
});

test("what the server refuses is one line that says what to do, and an exit code by class", async () => {
  await corral.ok("create", "/sl", "20");
  await corral.ok("create", "/sl/x");
  const cases: [number, string, string[]][] = [
    [3, "no node: the parent /sl/sl2 does not exist; create it first", ["create", "/sl/sl2/sl3"]],
    [3, "no node: there is no node at /no", ["get", "/no"]],
    [3, "no node: there is no node at /no", ["stat", "/no"]],
    [4, "node exists: there is already a node at /sl; use `corral set` to change it", ["create", "/sl"]],
    [4, "bad version: /sl has version 0, not 7; read it again and decide anew", ["set", "/sl", "1", "-v7"]],
    [4, "not empty: /sl has a child; delete it first; or use `corral deleteall`", ["delete", "/sl"]],
    [2, 'bad arguments: invalid path "sl": it must start with "/"', ["get", "sl"]],
  ];
  for (const [code, line, args] of cases) await refused(code, line, args);
});

test("a wrong command line is told before anybody connects", async () => {
  const cases: [string, string[]][] = [
    ['unknown verb "gett" (did you mean get?)', ["gett", "/"]],
    ["unknown flag --recursiv (did you mean --recursive?); -- ends the flags", ["ls", "--recursiv"]],
    ["unknown flag -q; -- ends the flags", ["ls", "-q"]],
    ["get: PATH is missing; `corral help get` shows an example", ["get"]],
    ['set: unexpected argument "b"; quote what has spaces', ["set", "/a", "a", "b"]],
    ['-v must be a whole number from -1 to 2147483647, not "x"', ["set", "-v", "x", "/a", "b"]],
    ["--version needs a value", ["set", "/a", "b", "--version"]],
    ["--stat takes no value", ["ls", "--stat=1"]],
    ['--output must be one of table, json, ndjson, not "xml"', ["-o", "xml", "ls"]],
    ['--timeout must be a time such as 500ms, 5s or 2m, not "0"', ["--timeout", "0", "ls"]],
    [
      '--endpoint must be host:port, or several with commas, not "localhost"',
      ["--endpoint", "localhost", "ls"],
    ],
    ["the password of ada is missing: give --password-file or CORRAL_PASSWORD", ["--user", "ada", "ls"]],
    ["--cert-file and --key-file go together", ["--cert-file", "x", "ls"]],
    ["give data or --file, not both", ["set", "/a", "b", "-f", "-"]],
    ['set: DATA is missing; "" empties the node', ["set", "/a"]],
    ['-b must be a whole number from 1 to 1000, not "0"', ["deleteall", "-b", "0", "/a"]],
    [
      "--ephemeral and --hold go together: the node lives as long as the command holds it",
      ["create", "-e", "/a"],
    ],
  ];
  for (const [line, args] of cases) await refused(2, line, args);
});

test("-- ends the flags", async () => {
  await corral.ok("create", "/a", "--", "--data");
  expect(await corral.ok("get", "/a")).toBe("--data");
});

describe("an ephemeral node", () => {
  test("lives as long as the command that holds it, and its session is shown", async () => {
    const holder = corral.start(["create", "-e", "/e", "--hold"]);
    await holder.line("/e");
    expect(await corral.ok("ephemerals")).toMatch(/^session {2}path\n +\d+ {2}\/e$/);
    const [{ sessionId }] = JSON.parse(await corral.ok("-o", "json", "sessions"));
    expect(JSON.parse(await corral.ok("-o", "json", "ephemerals", "/", "-s", `${sessionId}`))).toEqual([
      { path: "/e", sessionId },
    ]);
    expect(JSON.parse(await corral.ok("-o", "json", "ephemerals", "-s", `${sessionId}`))).toEqual([
      { path: "/e", sessionId },
    ]);
    expect(await corral.ok("ephemerals", "/", "-s", "999")).toBe("session  path");
    await refused(
      3,
      "no session: no session 999 is open: it has ended, or never was; `corral sessions` prints those that are",
      ["ephemerals", "-s", "999"],
    );
    holder.interrupt();
    expect(await holder.finished).toEqual({ code: 0, stdout: "/e", stderr: "" });
    expect(await corral.ok("ls", "/")).toBe("zookeeper");
  });
});

test("an ephemeral node whose session is over is told", async () => {
  const holder = corral.start(["create", "-e", "/e", "--hold"]);
  await holder.line("/e");
  const { engine } = corral.server;
  const owner = engine.tree.node("/e")?.ephemeralOwner ?? 0;
  await engine.closeSession(engine.tree.session(owner)!);
  expect(await holder.finished).toEqual({
    code: 5,
    stdout: "/e",
    stderr: "corral: session expired: the server has deleted its nodes\n",
  });
});

describe("a watch", () => {
  test("tells what happened after a zxid, and then what happens, until ctrl-C", async () => {
    await corral.ok("create", "/a", "1");
    const watcher = corral.start(["watch", "/a", "--after", "0", "--data"]);
    expect(await watcher.line("/a")).toBe("1  nodeCreated  /a  1");
    await corral.ok("create", "/a/b", "2");
    expect(await watcher.line("/a/b")).toBe("2  nodeCreated  /a/b  2");
    watcher.interrupt();
    expect(await watcher.finished).toMatchObject({ code: 0, stderr: "" });
    expect(await corral.ok("-o", "ndjson", "watch", "/a", "--after=1", "-n1")).toMatch(
      /^\{"zxid":2,"kind":"nodeCreated","path":"\/a\/b","stat":\{/,
    );
    const words = 'there is no kind "dta" (did you mean data?)';
    await refused(2, words, ["watch", "/a", "--kind", "dta"]);
  });

  test.each([
    ["get -w /a", "1", "3  nodeDataChanged  /a", ["set", "/a", "2"]],
    ["stat -w /a", "czxid", "3  nodeDeleted  /a/b", ["delete", "/a/b"]],
    ["ls -w /a", "b", "3  nodeChildrenChanged  /a", ["create", "/a/c"]],
    ["ls -R -w /a", "/a/b", "3  nodeCreated  /a/b/c", ["create", "/a/b/c"]],
  ])("of one change: %s", async (line, first, event, change) => {
    await corral.ok("create", "/a", "1");
    await corral.ok("create", "/a/b");
    const waiting = corral.start(line.replace("stat -w /a", "stat -w /a/b").split(" "));
    await waiting.line(first);
    await corral.ok(...change);
    const { code, stdout } = await waiting.finished;
    expect([code, stdout.split("\n").at(-1)]).toEqual([0, event]);
  });

  test("waits for a node that is not there yet", async () => {
    const waiting = corral.start(["stat", "-w", "/a"]);
    while (!(await corral.ok("watches")).includes("exists 1"));
    await corral.ok("create", "/a");
    expect(await waiting.finished).toEqual({ code: 0, stdout: "1  nodeCreated  /a", stderr: "" });
  });

  test("that is interrupted before its event ends with 130", async () => {
    const waiting = corral.start(["stat", "-w", "/a"]);
    while (!(await corral.ok("watches")).includes("exists 1"));
    waiting.interrupt();
    expect(await waiting.finished).toEqual({ code: 130, stdout: "", stderr: "" });
  });
});

test("find and grep search names and data", async () => {
  await corral.ok("create", "-p", "/svc/login", "host: a\nport: 1");
  await corral.ok("create", "/svc/pay", "host: b");
  expect(await corral.ok("find", "/", "log*")).toBe("/svc/login");
  expect(await corral.ok("find", "/", "PA?", "-i")).toBe("/svc/pay");
  expect(await corral.ok("find", "/svc", "/svc/*")).toBe("/svc/login\n/svc/pay");
  expect(await corral.ok("find", "/", "*?o*g*n**")).toBe("/svc/login");
  expect(await corral.ok("find", "/", "*g*o*")).toBe("");
  expect(await corral.ok("find", "-E", "/", "(n|y)$")).toBe("/svc/login\n/svc/pay");
  expect(await corral.ok("grep", "host: [ab]")).toBe("/svc/login: host: a\n/svc/pay: host: b");
  expect(await corral.ok("grep", "-l", "-i", "PORT", "/svc")).toBe("/svc/login");
  expect(JSON.parse(await corral.ok("-o", "json", "grep", "port"))).toEqual([
    { path: "/svc/login", line: 2, text: "port: 1" },
  ]);
  expect(await corral.run(["grep", "nothing"])).toEqual({ code: 1, stdout: "", stderr: "" });
  const { code, stderr } = await corral.run(["grep", "("]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^corral: Invalid.*--fixed looks/),
  });
  expect((await corral.run(["grep", "-F", "("])).code).toBe(1);
});

describe("a transaction", () => {
  test("is done whole, and prints what each line did", async () => {
    const text = [
      "# The story",
      "if missing /a",
      "create /a 'x y'",
      "create -s /a/n-",
      "set -v 0 /a z",
      "get /a",
      "stat /no",
      "else",
      "delete /a",
    ];
    expect(await corral.run(["transact", "-"], text.join("\n"))).toEqual({
      code: 0,
      stdout: "zxid 1\ncreate /a\ncreate /a/n-0000000000\nset /a version 1\nget /a z\nexists /no no",
      stderr: "",
    });
    expect(await corral.ok("transact", tempFile("t", "if version /a 7\nelse\nget /a"))).toBe(
      "zxid 1 (else)\nget /a z",
    );
    const json = await corral.ok("-o", "json", "transact", tempFile("t", "check data /a z\ndeleteall /a"));
    expect(JSON.parse(json)).toEqual({
      zxid: 2,
      branch: "then",
      results: [
        { kind: "check", path: "/a" },
        { kind: "delete", path: "/a" },
      ],
    });
  });

  test("that cannot be read, or fails, changes nothing", async () => {
    await refused(
      2,
      '- line 2: unknown word "crate" (did you mean create?)',
      ["transact", "-"],
      "\ncrate /a",
    );
    await refused(2, "- line 1: write set PATH DATA; quote what has spaces", ["transact", "-"], "set /a b c");
    await refused(
      2,
      "- line 1: write version PATH VALUE; quote what has spaces",
      ["transact", "-"],
      "if version /a",
    );
    await refused(2, "/no/such cannot be read: it does not exist", ["transact", "/no/such"]);
    const { code } = await corral.run(["transact", "-"], "create /a\ncheck exists /b");
    expect([code, await corral.ok("ls", "/")]).toEqual([3, "zookeeper"]);
  });
});

test("access control lists are shown and set", async () => {
  await corral.ok("create", "/a", "", "world:anyone:rw,ip:127.0.0.1:cdrwa");
  await corral.ok("create", "/a/b");
  expect(await corral.ok("getAcl", "-s", "/a")).toBe("world:anyone:rw\nip:127.0.0.1:cdrwa\nversion 0");
  expect(await corral.ok("--user", "ada:secret", "setAcl", "-R", "/a", "auth::cdrwa,world:anyone:r")).toBe(
    "version 1",
  );
  expect(await corral.ok("getAcl", "/a/b")).toMatch(/^digest:ada:x:cdrwa\nworld:anyone:r$/);
  expect(await corral.ok("--user", "ada:secret", "whoami")).toMatch(/^ip:127.0.0.1\ndigest:ada:\S+=$/);
  expect(await corral.ok("--user", "ada:secret", "set", "/a", "1")).toBe("version 1");
  const { code, stderr } = await corral.run(["set", "/a", "1"]);
  expect([code, stderr]).toEqual([
    6,
    expect.stringMatching(/^corral: no auth: .*; say who you are with --user/),
  ]);
  await refused(4, "bad version: the access control list of /a has version 1, not 7; read it again", [
    "--user",
    "ada:secret",
    "setAcl",
    "-v7",
    "/a",
    "world:anyone:r",
  ]);
  await refused(2, 'there is no permission "x": c, d, r, w and a are some', [
    "setAcl",
    "/a",
    "world:anyone:rx",
  ]);
});

test("watches are counted, and shown with who holds them", async () => {
  await corral.ok("create", "/a");
  const watcher = corral.start(["watch", "/a", "--after", "0"]);
  await watcher.line("nodeCreated");
  expect(await corral.ok("watches")).toBe("persistentRecursive 1\nstreams 1");
  const [row] = JSON.parse(await corral.ok("-o", "json", "watches", "/a"));
  expect(row).toMatchObject({ path: "/a", kind: "persistentRecursive", peer: expect.stringMatching(/^127/) });
  watcher.interrupt();
  await watcher.finished;
});

test("quotas are set, shown and taken away, limit by limit", async () => {
  await corral.ok("create", "-p", "/a/b");
  await refused(3, "no node: there is no node at /no", ["setquota", "-n", "1", "/no"]);
  await refused(2, "setquota: give one of -n, -b, -N and -B", ["setquota", "/a/b"]);
  const text = (count: number, hard: number) =>
    `count=${count},bytes=-1=;byteHardLimit=-1;countHardLimit=${hard}`;
  expect(await corral.ok("setquota", "-n", "5", "/a/b")).toBe(text(5, -1));
  expect(await corral.ok("setquota", "-N", "9", "/a/b")).toBe(text(5, 9));
  expect(await corral.ok("get", "/zookeeper/quota/a/b/zookeeper_limits")).toBe(text(5, 9));
  expect(await corral.ok("listquota", "/a/b")).toMatch(/^nodes warn at 5, refuse at 9.*\nbytes unlimited/);
  expect(await corral.ok("delquota", "-n", "/a/b")).toBe(text(-1, 9));
  expect(await corral.ok("delquota", "/a/b")).toBe("no quota");
  expect((await corral.run(["listquota", "/a/b"])).code).toBe(3);
  expect(await corral.ok("ls", "/zookeeper/quota")).toBe("");
});

test("info prints how the server is, a fact to a line, or all of them for programs", async () => {
  const printed = await corral.ok("info");
  const { nodeCount, zxid } = corral.server.engine.tree;
  expect(printed).toMatch(new RegExp(`^nodes +${nodeCount}$`, "m"));
  expect(printed).toMatch(/^startTimeMs +2026-\d\d-\d\dT[\d:.]+Z$/m);
  expect(JSON.parse(await corral.ok("-o", "json", "info"))).toMatchObject({
    version: "0.0.0-test",
    nodes: nodeCount,
    zxid,
    draining: false,
    alarms: [],
  });
});
