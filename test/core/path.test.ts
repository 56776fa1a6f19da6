import { describe, expect, test } from "vitest";
import { childPath, nameOf, parentOf, validatePath } from "../../src/core/path.ts";
import { pathBytesMax } from "../../src/limits.ts";
import { CoreState, verdict } from "../support/core-state.ts";

// ZooKeeper's PathUtilsTest, and the rest of PathUtils.validatePath.
const valid = [
  "/",
  "/a",
  "/this is / a valid/path",
  "/name/with.period.",
  "/...",
  "/.a",
  "/a/..b",
  "/a/b..",
  "/test\u0020",
  "/test\u007e",
  "/test\u00a0",
  "/test\ud7ff",
  "/test\uf900",
  "/test\uffef",
];

const invalid: readonly (readonly [path: string, rule: string])[] = [
  ["", "empty"],
  ["a", 'start with "/"'],
  ["sl/sl2", 'start with "/"'],
  ["/a/", 'end with "/"'],
  ["//", "empty node name"],
  ["/a//b", "empty node name"],
  ["/.", "relative"],
  ["/..", "relative"],
  ["/a/./b", "relative"],
  ["/a/../b", "relative"],
  ["/a/b/.", "relative"],
  ["/a/b/..", "relative"],
  ["/test\u0000", "U+0000"],
  ["/test\u0001", "U+0001"],
  ["/test\u001f", "U+001F"],
  ["/test\u007f", "U+007F"],
  ["/test\u009f", "U+009F"],
  ["/test\ud800", "U+D800"],
  ["/test\uf8ff", "U+F8FF"],
  ["/test\ufff0", "U+FFF0"],
  ["/test\uffff", "U+FFFF"],
  ["/emoji\u{1f600}", "U+D83D"],
];

describe("validatePath", () => {
  test.each(valid)("takes %j", (path) => {
    expect(validatePath(path)).toBeUndefined();
  });

  test.each(invalid)("refuses %j: %s", (path, rule) => {
    const refusal = validatePath(path);
    expect(refusal).toMatchObject({ reason: "BAD_ARGUMENTS", field: "path" });
    expect(refusal!.message).toContain(rule);
  });

  test("takes a trailing slash when a sequence number follows", () => {
    expect(validatePath("/a/", true)).toBeUndefined();
    expect(validatePath("/", true)).toBeUndefined();
    expect(validatePath("/.", true)).toBeUndefined();
    expect(validatePath("//", true)).toMatchObject({ reason: "BAD_ARGUMENTS" });
  });

  test("counts bytes, not characters", () => {
    expect(validatePath(`/${"a".repeat(pathBytesMax - 1)}`)).toBeUndefined();
    expect(validatePath(`/${"a".repeat(pathBytesMax)}`)).toMatchObject({
      reason: "PATH_TOO_LONG",
      facts: { limit: pathBytesMax, actual: pathBytesMax + 1 },
    });
    expect(validatePath(`/${"ä".repeat(pathBytesMax / 2)}`)).toMatchObject({ reason: "PATH_TOO_LONG" });
    expect(validatePath("/a".repeat(2000))).toBeUndefined();
  });

  test("quotes no more than the start of a long path", () => {
    expect(validatePath(`/${"a".repeat(9000)}//`)!.message.length).toBeLessThan(400);
  });
});

test("a path falls into parent and name", () => {
  for (const [path, parent, name] of [
    ["/a", "/", "a"],
    ["/a/b", "/a", "b"],
    ["/a/b/c", "/a/b", "c"],
  ] as const) {
    expect([parentOf(path), nameOf(path), childPath(parent, name)]).toEqual([parent, name, path]);
  }
  expect(parentOf("/")).toBe("/");
});

test("a path with an empty name leads nowhere, whatever was found or deleted before", () => {
  const state = new CoreState();
  state.create("/a");
  const before = verdict(state.create("//a/x"));
  state.create("/b");
  state.delete("/b");
  expect(verdict(state.create("//a/x"))).toEqual(before);
  expect(state.tree.node("//a")).toBeUndefined();
});
