import { beforeEach, expect, test } from "vitest";
import { MemoryJournal } from "../support/memory-journal.ts";
import { type Corral, startCorral } from "./corral.ts";

let journal: MemoryJournal;
let corral: Corral;

beforeEach(async () => {
  journal = new MemoryJournal();
  corral = await startCorral({ journal });
  await corral.ok("create", "/a", "20");
  await corral.ok("set", "/a", "300");
  await corral.ok("create", "/a/b", "x");
  await corral.ok("delete", "/a/b");
  await corral.ok("deleteall", "/a");
  await corral.ok("create", "/a");
});

/** Without the times. */
async function history(...args: string[]): Promise<string[]> {
  const output = await corral.ok("history", ...args);
  return output
    .split("\n")
    .map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z {2}/, "").replaceAll(/ {3,}/g, "  "));
}

test("tells what happened to a node, the oldest first", async () => {
  expect(await history("/a")).toEqual([
    "1  nodeCreated  version 0  2 bytes  /a",
    "2  nodeDataChanged  version 1  3 bytes  /a",
    "5  nodeDeleted  version 1  3 bytes  /a",
    "6  nodeCreated  version 0  0 bytes  /a",
  ]);
  expect(await history("/never")).toEqual([""]);
});

test("tells of a subtree, of the time after a change, and of the last changes alone", async () => {
  const zxids = async (...args: string[]) => (await history(...args)).map((line) => line.split(" ")[0]);
  expect(await zxids("-R", "/a")).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(await zxids("-R", "/a", "--after", "3")).toEqual(["4", "5", "6"]);
  expect(await zxids("-R", "/a", "-n", "2")).toEqual(["5", "6"]);
  expect(await zxids("/a", "--after", "6")).toEqual([""]);
  expect(await zxids("/a", "--after", "1", "-n", "9")).toEqual(["2", "5", "6"]);
  expect(await zxids("/a", "-n", "0")).toEqual([""]);
});

test("tells when it happened, of a deletion too", async () => {
  corral.server.clock.advance(5_000);
  await corral.ok("delete", "/a");
  const [created, , , , deleted] = (await corral.ok("history", "/a")).split("\n");
  const timeOf = (line = "") => Date.parse(line.split("  ")[1]!);
  expect(timeOf(deleted) - timeOf(created)).toBe(5_000);
});

test("prints data when it is asked to, and JSON with everything", async () => {
  expect((await history("-d", "/a", "-n", "3"))[0]).toBe("2  nodeDataChanged  version 1  3 bytes  /a  300");
  const json = JSON.parse(await corral.ok("history", "-d", "-o", "json", "/a"));
  expect(json[1]).toEqual({
    zxid: 2,
    timeMs: corral.server.clock.wallMs(),
    kind: "nodeDataChanged",
    path: "/a",
    version: 1,
    dataLength: 3,
    text: "300",
    dataOmitted: false,
  });
  expect(json[2]).toMatchObject({ kind: "nodeDeleted", version: 1, dataLength: 3 });
  expect(json[2]).not.toHaveProperty("text");
  expect((await corral.ok("history", "-o", "ndjson", "/a")).split("\n")).toHaveLength(4);
});

test("begins where the server's memory does, and says so", async () => {
  journal.store.compact(2);
  expect(await corral.run(["history", "/a"])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^5 /),
    stderr: "corral: what happened up to zxid 2 is no longer remembered\n",
  });
});

test("leaves out what the caller may not read", async () => {
  await corral.ok("create", "/a/secret", "x", "digest:u:D/InIHSb7yEEbrWz8b9l71RjZJU=:r");
  expect(await history("-R", "/a", "--after", "6")).toEqual([""]);
});

test("ends with the first failure: a path that is none", async () => {
  expect(await corral.run(["history", "//"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^corral: bad arguments: /),
  });
});
