// The file of a backup: what is written is read again, and whatever is damaged is refused, with the reason.
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { BackupUnusable, readBackup } from "../../src/journal/backup/reader.ts";
import { BackupWriter } from "../../src/journal/backup/writer.ts";
import { backupBlockBytes, backupBlockBytesMax, dataBytesMax } from "../../src/limits.ts";
import { backupOf, treeOf, wholeOf } from "../support/backup.ts";
import { CoreState } from "../support/core-state.ts";
import { aclFor } from "./state.ts";

/** A state with something of everything. */
function someState(): CoreState {
  const state = new CoreState();
  state.create("/a", "some data");
  state.create("/a/b", "\u{ff}".repeat(600));
  const session = state.session();
  state.createMode("/a/e", "ephemeral", session);
  state.createMode("/a/c", "container");
  state.do({ op: "setAcl", path: "/a/b", acl: aclFor("ada").entries, aversion: -1 });
  state.create("/a/r", "x", { request: { key: "k".repeat(20), fingerprint: "f" } });
  state.delete("/a/c");
  return state;
}

const whole = backupOf(someState().tree);

async function refusal(bytes: Uint8Array): Promise<string> {
  try {
    // In pieces that fit nothing, and without looking at rows: what is damaged must not be looked at.
    await readBackup([bytes.subarray(0, 7), bytes.subarray(7, 100), bytes.subarray(100)]);
  } catch (error) {
    expect(error).toBeInstanceOf(BackupUnusable);
    const { message } = error as Error;
    expect(message).not.toContain("\n");
    return message;
  }
  return "it is whole";
}

test("a backup is read as it was written", async () => {
  const { tree } = someState();
  expect(wholeOf(await treeOf([whole]))).toEqual(wholeOf(tree));
  expect(await readBackup([whole])).toEqual({
    zxid: tree.zxid,
    timeMs: 1_700_000_000_000,
    nodes: tree.nodeCount,
    sessions: 1,
    requests: 1,
    databaseId: "00112233445566ff",
    serverVersion: "1.2.3",
    fileBytes: whole.length,
  });
});

test("rows larger than a block have one of their own, and every block says its lists anew", async () => {
  const state = new CoreState();
  for (const name of ["a", "b", "c"]) {
    state.create(`/${name}`, "x".repeat(dataBytesMax));
    state.do({ op: "setAcl", path: `/${name}`, acl: aclFor("ada").entries, aversion: -1 });
  }
  for (let i = 0; i < 100; i++) state.create(`/small-${i}`, "y".repeat(backupBlockBytes / 50));
  expect(wholeOf(await treeOf([backupOf(state.tree)]))).toEqual(wholeOf(state.tree));
});

describe("refused is", () => {
  test("a file that is cut short, wherever", async () => {
    expect(await refusal(new Uint8Array())).toBe("it is empty");
    for (let length = 1; length < whole.length; length++) {
      expect(await refusal(whole.subarray(0, length))).toBe(
        `it is cut short: it ends at byte ${length}, in the middle`,
      );
    }
    expect(await refusal(whole)).toBe("it is whole");
  });

  test("a file with a flipped bit, wherever", async () => {
    const reasons = new Set<string>();
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      reasons.add((await refusal(bytes)).replaceAll(/\d+/g, "N"));
    }
    expect([...reasons].sort()).toEqual([
      "it is damaged at byte N: the checksum of a block does not fit",
      "it is damaged at byte N: the checksum of a block's head does not fit",
      "it is not a backup of Corral",
      "it was written by a newer Corral (format N; this one knows up to N)",
    ]);
  });

  test.each([
    [
      "something after the end",
      Buffer.concat([whole, Buffer.from("x")]),
      /something after its end, at byte \d+$/,
    ],
    [
      "a newer one",
      Buffer.from("corral-backup 12\nwhatever"),
      /newer Corral \(format 12; this one knows up to 1\)/,
    ],
    ["another file", Buffer.from("SQLite format 3\0"), /^it is not a backup of Corral$/],
    ["an export", Buffer.from('{"format":"corral-export-1"}\n'), /^it is not a backup of Corral$/],
    ["a version that is none", Buffer.from("corral-backup one\n"), /^it is not a backup of Corral$/],
  ])("%s", async (_what, bytes, reason) => {
    expect(await refusal(bytes)).toMatch(reason);
  });

  test("one that lacks a block, has one twice, or has its end too early, though each block is whole", async () => {
    const blocks = blocksOf(whole);
    expect(blocks).toHaveLength(3);
    const [head, rows, end] = blocks as [Buffer, Buffer, Buffer];
    const start = whole.subarray(0, 16);
    expect(await refusal(Buffer.concat([start, head, end]))).toMatch(/the SHA-256 of what is before is/);
    expect(await refusal(Buffer.concat([start, head, rows, rows, end]))).toMatch(
      /the SHA-256 of what is before/,
    );
    expect(await refusal(Buffer.concat([start, rows, end]))).toMatch(/the head is not where it belongs/);
    expect(await refusal(Buffer.concat([start, head, head, rows, end]))).toMatch(/the head is not where/);
    expect(await refusal(Buffer.concat([start, end]))).toMatch(/the head is missing/);
  });

  test.each([
    [
      "a block that is too large",
      0x52,
      backupBlockBytesMax + 1,
      /there is a block of 67108865 bytes, more than/,
    ],
    ["a block of an unknown kind", 0x51, 1, /there is a block of an unknown kind$/],
  ])("%s", async (_what, kind, length, reason) => {
    const head = Buffer.alloc(13);
    head.writeUInt8(kind, 0);
    head.writeUInt32LE(length, 1);
    head.writeUInt32LE(crc32(head.subarray(0, 9)), 9);
    expect(await refusal(Buffer.concat([whole.subarray(0, 16), head]))).toMatch(reason);
  });

  test("one with other rows than it says, though its checksums fit", async () => {
    const { tree } = someState();
    const none = { nodes: 0, sessions: 0, requests: 0 };
    const writer = new BackupWriter({
      ...none,
      nodes: 2,
      zxid: 1,
      timeMs: 1,
      databaseId: "",
      serverVersion: "",
    });
    writer.node("/", tree.node("/")!, new Uint8Array());
    writer.end();
    const reading = readBackup(writer.take());
    await expect(reading).rejects.toThrow("its head counts 2 nodes, its end 1, and 1 are there");
  });
});

test("whoever reads a backup has the source closed, however it ends", async () => {
  let closed = 0;
  async function* source(bytes: Uint8Array) {
    try {
      yield bytes;
    } finally {
      closed++;
    }
  }
  await readBackup(source(whole));
  await expect(readBackup(source(Buffer.from("no backup at all")))).rejects.toThrow(BackupUnusable);
  expect(closed).toBe(2);
});

/** The blocks of a file, one after the other. */
function blocksOf(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 16; at < bytes.length; ) {
    const end = at + 13 + bytes.readUInt32LE(at + 1);
    blocks.push(bytes.subarray(at, end));
    at = end;
  }
  return blocks;
}
