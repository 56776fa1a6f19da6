// The small languages of the command: flags, words, times, access control lists, transactions, quotas, dumps.
import fc from "fast-check";
import { expect, test } from "vitest";
import { aclEntryText, parseAcl } from "../../src/cli/acl-text.ts";
import { typedLine, wholeWord } from "../../src/cli/completion/typed-line.ts";
import { hexDump } from "../../src/cli/data.ts";
import { durationMs } from "../../src/cli/duration.ts";
import { failureOf } from "../../src/cli/failure.ts";
import { asksForHelp, type FlagSpecs, parseLine } from "../../src/cli/flags.ts";
import { historyLinesMax, ttlMsMax } from "../../src/cli/limits.ts";
import { parseQuota, quotaText } from "../../src/cli/quota.ts";
import { loadHistory, saveHistory } from "../../src/cli/shell/history.ts";
import { Place } from "../../src/cli/shell/place.ts";
import { parseTransaction } from "../../src/cli/transaction-text.ts";
import { treeLines } from "../../src/cli/tree-lines.ts";
import { quoted, wordsIn } from "../../src/cli/words.ts";
import { CorralError } from "../../src/client/errors.ts";
import * as serverLimits from "../../src/limits.ts";
import { tempDir } from "./load.ts";

const specs = {
  stat: { kind: "switch", short: "s", help: "" },
  watch: { kind: "switch", short: "w", help: "" },
  version: { kind: "number", min: -1, short: "v", help: "" },
  caFile: { kind: "text", help: "" },
  ttl: { kind: "duration", short: "t", help: "" },
} as const satisfies FlagSpecs;

test.each([
  ["-sw /a", { stat: true, watch: true }, ["/a"]],
  ["/a -v 3 b", { version: 3 }, ["/a", "b"]],
  ["-v-1 -v=2", { version: 2 }, []],
  ["-v -1 /a", { version: -1 }, ["/a"]],
  ["-sv3", { stat: true, version: 3 }, []],
  ["--ca-file=x=y --ttl 2m", { caFile: "x=y", ttl: 120_000 }, []],
  ["/a -5 -", {}, ["/a", "-5", "-"]],
  ["/a -- -s --x", {}, ["/a", "-s", "--x"]],
])("the line %j", (line, flags, words) => {
  expect(parseLine(line.split(" "), specs)).toEqual({ flags, words });
});

test.each([
  ["-s /l grep -h --stat -- x", { stat: true }, ["/l", "grep", "-h", "--stat", "--", "x"]],
  ["/l -s -- -h", { stat: true }, ["/l", "-h"]],
  ["/l --ttl 1s -x", undefined, []],
])("the line %j of a verb that runs another program's", (line, flags, words) => {
  const args = [{ name: "PATH" }, { name: "COMMAND", kind: "command", rest: true }] as const;
  const parse = () => parseLine(line.split(" "), specs, args);
  if (flags === undefined) expect(parse).toThrow("unknown flag -x");
  else expect(parse()).toEqual({ flags, words });
});

test.each([
  ["-h", true],
  ["/a --help", true],
  ["--unknown -h", true],
  ["/a -- -h", false],
  ["/l make -h", true],
  ["--ca-file -h", false],
  ["--ca-file --help", true],
  ["-v 1 /a", false],
])("the line %j asks for help: %s", (line, asks) => {
  expect(asksForHelp(line.split(" "), { args: [{ name: "PATH" }], flags: specs })).toBe(asks);
  const args = [{ name: "COMMAND", kind: "command", rest: true }] as const;
  expect(asksForHelp(["make", ...line.split(" ")], { args, flags: specs })).toBe(false);
});

test.each([
  ["-x", "unknown flag -x; -- ends the flags"],
  ["--vresion 1", "unknown flag --vresion (did you mean --version?); -- ends the flags"],
  ["-v", "-v needs a value"],
  ["--ca-file --ttl 1", "--ca-file needs a value"],
  ["-v 1.5", '-v must be a whole number from -1 to 2147483647, not "1.5"'],
  ["-t 9999999999999d", '-t can be at most 12725d, not "9999999999999d"'],
  ["-t 5x", '-t must be a time such as 500ms, 5s or 2m, not "5x"'],
])("the line %j is refused", (line, message) => {
  expect(() => parseLine(line.split(" "), specs)).toThrow(message);
});

test("the longest TTL is the server's", () => {
  expect(ttlMsMax).toBe(serverLimits.ttlMsMax);
});

test("times", () => {
  const times = ["7", "7ms", "7s", "7m", "7h", "7d"].map((text) => durationMs(text, "t"));
  expect(times).toEqual([7, 7, 7_000, 420_000, 25_200_000, 604_800_000]);
  expect(durationMs("12725d", "t")).toBeLessThanOrEqual(ttlMsMax);
  expect(() => durationMs("12726d", "t")).toThrow("at most 12725d");
});

test.each([
  ["a  b\tc", ["a", "b", "c"]],
  [`set /a "x y" 'it''s' ""`, ["set", "/a", "x y", "its", ""]],
  [`"a\\"b" 'c\\d' e\\ f`, ['a"b', "c\\d", "e f"]],
  ["a#b #c d", ["a#b"]],
  ["  ", []],
])("the words of %j", (line, words) => {
  expect(wordsIn(line)).toEqual(words);
  expect(wordsIn(words.map(quoted).join(" "))).toEqual(words);
});

test.each(["'a", '"a', "a\\"])("the words of %j are refused", (line) => {
  expect(() => wordsIn(line)).toThrow(/not closed|backslash/);
});

test.each([
  "world:anyone:cdrwa",
  "ip:10.0.0.0/8:r,world:anyone:c",
  "ip:::1:rw",
  "digest:ada:x+/=:cdrwa",
  "x509:CN=ada,O=Acme:ra,world:anyone:r",
  "auth::cdrwa",
])("the access control list %s", (text) => {
  expect(parseAcl(text).map(aclEntryText).join(",")).toBe(text);
});

test.each(["", "world", "world:anyone", "world:anyone:R", "world:anyone:r,", "world:anyone:rx"])(
  "the access control list %j is refused",
  (text) => {
    expect(() => parseAcl(text)).toThrow(/no access control list|no permission/);
  },
);

test("a transaction is read line by line", () => {
  const text = [
    "if exists /a",
    "if missing /b",
    "if version /a 3",
    "if aversion /a 0",
    "if czxid /a 7",
    "if children /a 2",
    'if data /a "x y"',
    "create -s -p /a/n- x",
    "create -c /c",
    "create -t 5s /t",
    "set -v 3 /a 30",
    "check version /a -1",
    "get /a",
    "else",
    "stat /a",
    "delete -v 1 /a",
    "deleteall /b",
  ].join("\n");
  const { conditions, operations, elseOperations } = parseTransaction(text, "f");
  expect(conditions).toEqual([
    { path: "/a", exists: true },
    { path: "/b", exists: false },
    { path: "/a", version: 3 },
    { path: "/a", aversion: 0 },
    { path: "/a", czxid: 7 },
    { path: "/a", numChildren: 2 },
    { path: "/a", data: "x y" },
  ]);
  expect(operations).toMatchObject([
    { kind: "create", path: "/a/n-", data: "x", mode: "persistentSequential", parents: true },
    { kind: "create", path: "/c", mode: "container" },
    { kind: "create", path: "/t", mode: "persistentWithTtl", ttlMs: 5_000 },
    { kind: "set", path: "/a", data: "30", version: 3 },
    { kind: "check", condition: { path: "/a", version: -1 } },
    { kind: "get", path: "/a" },
  ]);
  expect(elseOperations).toMatchObject([
    { kind: "exists", path: "/a" },
    { kind: "delete", path: "/a", version: 1 },
    { kind: "delete", path: "/b", recursive: true },
  ]);
});

test.each([
  ["crate /a", 'f line 1: unknown word "crate" (did you mean create?)'],
  ["if exist /a", 'f line 1: unknown condition "exist" (did you mean exists?)'],
  ["\nif version /a x", 'f line 2: version must be a whole number from -1 to 2147483647, not "x"'],
  ["if exists /a 3", "f line 1: write exists PATH; quote what has spaces"],
  ["create", "f line 1: write create PATH [DATA]; quote what has spaces"],
  ["create -e /a", "f line 1: unknown flag -e; -- ends the flags"],
  ["constructor /a", 'f line 1: unknown word "constructor"'],
  ["create /a\nelse\ncreate /b", "f line 2: write `else` alone on its line, after an `if`"],
  ["if exists /a\nelse create /b", "f line 2: write `else` alone on its line, after an `if`"],
  ["if exists /a\nelse\nelse", "f line 3: there is an `else` already"],
  ["if exists /a\nelse\nif exists /b", "f line 3: write every `if` before the first operation"],
  ["set /a 1\nif exists /b\nset /b 1", "f line 2: write every `if` before the first operation"],
])("the transaction %j is refused", (text, message) => {
  expect(() => parseTransaction(text, "f")).toThrow(message);
});

test.each([
  ["get /a", ["get"], { text: "/a", raw: "/a" }],
  ["get ", ["get"], { text: "", raw: "" }],
  [`get "a b" 'c`, ["get", "a b"], { text: "c", raw: "'c", quote: "'" }],
  ["get a\\ b\\", ["get"], { text: "a b", raw: "a\\ b\\" }],
  [`x "a"b`, ["x"], { text: "ab", hasQuoted: true }],
  ["x a=b:c", ["x"], { text: "a=b:c", partAt: { text: 4, raw: 4 } }],
  [`x a"b c`, ["x"], { text: "ab c", quote: '"', partAt: { text: 1, raw: 2 } }],
])("the line %j that is not complete", (line, before, last) => {
  expect(typedLine(line, "=:")).toMatchObject({ before, last });
});

test("what completes a word is read as that word, whatever is in it and in whatever quotes it began", () => {
  const name = fc.string({ unit: "grapheme" }).filter((text) => !/[\t\n\r]/.test(text));
  const property = fc.property(name, fc.constantFrom("", '"', "'"), (text, quote) => {
    const { last } = typedLine(`get ${quote}/a`);
    expect(wordsIn(`get ${wholeWord(last, `/a${text}`)}`)).toEqual(["get", `/a${text}`]);
  });
  fc.assert(property);
});

test("quotas", () => {
  const quota = { count: 5, bytes: -1, countHardLimit: 9, byteHardLimit: -1 };
  expect(quotaText(quota)).toBe("count=5,bytes=-1=;byteHardLimit=-1;countHardLimit=9");
  expect(parseQuota(quotaText(quota))).toEqual(quota);
  expect(parseQuota("count=5,bytes=7")).toMatchObject({ count: 5, bytes: 7, countHardLimit: -1 });
});

test("a tree is drawn with the last child apart", () => {
  expect([...treeLines(["/", "/a", "/a/b", "/a/c", "/d"])]).toEqual([
    "/",
    "├── a",
    "│   ├── b",
    "│   └── c",
    "└── d",
  ]);
  expect([...treeLines([])]).toEqual([]);
});

test("a dump has sixteen bytes to a line", () => {
  const [first, second] = hexDump(Buffer.from("0123456789abcdefg\n")).split("\n");
  expect(first).toBe("00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef");
  expect(second).toBe(`00000010  67 0a${" ".repeat(44)}g.`);
});

test("a place is left and found again", () => {
  const place = new Place();
  place.go(place.target("a/b"));
  expect([place.path, place.absolute("../c"), place.absolute("."), place.target("-")]).toEqual([
    "/a/b",
    "/a/c",
    "/a/b",
    "/",
  ]);
  expect([place.target(undefined), place.absolute("../../../..")]).toEqual(["/", "/"]);
});

test("a history is bounded, and is no secret's keeper", () => {
  const file = `${tempDir()}/corral/history`;
  expect(loadHistory(file)).toEqual([]);
  const lines = Array.from({ length: historyLinesMax + 5 }, (_, at) => `get /${at}`);
  saveHistory(file, ["addauth digest a:b", " set /secret 1", ...lines]);
  expect(loadHistory(file)).toEqual(lines.slice(0, historyLinesMax));
});

test("a server that does not know a method is taken for an older one", () => {
  const error = new CorralError("UNKNOWN", "UNIMPLEMENTED: no such method", { code: "UNIMPLEMENTED" });
  expect(failureOf(error)).toEqual({
    code: 1,
    line: "unknown: UNIMPLEMENTED: no such method; the server is older than this command, or no Corral",
  });
});
