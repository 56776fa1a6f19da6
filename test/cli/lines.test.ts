// Lines of files, of standard input and of what somebody types: they end with LF or CRLF, and with nothing else.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { beforeEach, describe, expect, test } from "vitest";
import { lineBytesMax } from "../../src/cli/limits.ts";
import { linesIn } from "../../src/cli/lines.ts";
import { TypedKeys, withoutSeparators, withSeparators } from "../../src/cli/shell/typed.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir } from "./load.ts";

/** What Node's readline takes for an end of line, and more that looks like one. */
const separators = "a\u2028b\u2029c\u0085d\u000be\u000cf";
const mark = "\ufeff";

async function read(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesIn(
    (async function* () {
      yield* chunks;
    })(),
  ))
    lines.push(line.toString());
  return lines;
}

describe("lines", () => {
  test.each([
    [["a\nb\r\nc"], ["a", "b", "c"]],
    [["a\n\nb\n"], ["a", "", "b"]],
    [
      ["a\r", "\nb\rc\n"],
      ["a", "b\rc"],
    ],
    [[""], []],
    [
      [`${separators}\n`, "x"],
      [separators, "x"],
    ],
    [[`${mark}a\n${mark}b`], ["a", `${mark}b`]],
    [[`${mark}`.slice(0, 1), "\n"], [""]],
  ])("of %j end with LF or CRLF alone", async (chunks, lines) => {
    expect(await read(...chunks)).toEqual(lines);
  });

  test("may come byte by byte", async () => {
    const bytes = Buffer.from(`${mark}ä\u2028ö\r\nü`);
    expect(await read(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(["ä\u2028ö", "ü"]);
  });

  test("have a bound", async () => {
    const piece = Buffer.alloc(lineBytesMax / 4, "x");
    await expect(read(piece, piece, piece, piece, "x")).rejects.toThrow("a line is longer than");
  });
});

test("the keys of a terminal reach readline without what it takes for Enter", async () => {
  const terminal = new PassThrough();
  const keys = new TypedKeys(terminal);
  for (const byte of Buffer.from(separators)) terminal.write(Uint8Array.of(byte));
  terminal.end();
  let typed = "";
  for await (const chunk of keys) typed += chunk;
  expect(typed).not.toMatch(/[\u2028\u2029]/);
  expect(withSeparators(typed)).toBe(separators);
  expect(withSeparators(withoutSeparators(separators))).toBe(separators);
});

describe("separators in data", () => {
  let corral: Corral;
  let file: string;

  beforeEach(async () => {
    corral = await startCorral();
    file = join(tempDir(), "a.jsonl");
  });

  test("go through an export, a comparison and an import unharmed", async () => {
    await corral.ok("create", "/a", separators);
    await corral.ok("create", "/a/b\u2028c", separators);
    await corral.ok("export", "/a", file);
    expect(await corral.run(["diff", "/a", "--file", file])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await corral.ok("import", file, "/b")).toBe("2 nodes created, 0 overwritten, 0 skipped");
    expect(await corral.ok("get", "-r", "/b/b\u2028c")).toBe(separators);
    const piped = await corral.run(["import", "-", "/c"], readFileSync(file));
    expect(piped.stdout).toBe("2 nodes created, 0 overwritten, 0 skipped");
  });

  test("in a line of the shell end neither the line nor a word", async () => {
    await corral.ok("create", "/precious");
    const line = "create /a 'x\u2028deleteall /precious\u2029y'\ncreate /b z\u2028deleteall\n";
    expect(await corral.run(["shell"], line)).toEqual({ code: 0, stdout: "/a\n/b", stderr: "" });
    expect(await corral.ok("ls", "/")).toContain("precious");
    expect(await corral.ok("get", "/a")).toBe("x\u2028deleteall /precious\u2029y");
    expect(await corral.ok("get", "/b")).toBe("z\u2028deleteall");
  });

  test("in a transaction end neither the line nor a word", async () => {
    const text = "create /a x\u2028y\ncreate /b 'x\u2029delete /a'";
    expect(await corral.run(["transact", "-"], text)).toMatchObject({ code: 0 });
    expect(await corral.ok("get", "/a")).toBe("x\u2028y");
    expect(await corral.ok("get", "/b")).toBe("x\u2029delete /a");
  });

  test.each(["import", "transact", "shell"])(
    "a byte order mark is no part of what %s reads",
    async (verb) => {
      await corral.ok("create", "/a", "1");
      await corral.ok("export", "/a", file);
      const text = verb === "import" ? readFileSync(file, "utf8") : "create /b 1\r\n";
      const args = verb === "shell" ? [] : verb === "import" ? ["-", "/b"] : ["-"];
      expect(await corral.run([verb, ...args], `${mark}${text}`)).toMatchObject({ code: 0, stderr: "" });
      expect(await corral.ok("get", "/b")).toBe("1");
    },
  );

  test("bytes that are not UTF-8 are refused where text is read, rather than replaced", async () => {
    const bytes = Buffer.concat([Buffer.from("create /a '"), Buffer.of(0xff), Buffer.from("'\n")]);
    expect(await corral.run(["transact", "-"], bytes)).toMatchObject({
      code: 2,
      stderr: "corral: - is not UTF-8\n",
    });
    expect(await corral.run(["shell"], bytes)).toMatchObject({
      code: 2,
      stderr: "corral: this line is not UTF-8\n",
    });
    writeFileSync(file, Buffer.concat([Buffer.from('{"format":"'), Buffer.of(0xff), Buffer.from('"}\n')]));
    expect(await corral.run(["import", file, "/b"])).toMatchObject({
      code: 2,
      stderr: `corral: ${file} line 1: this is not UTF-8\n`,
    });
    expect(await corral.ok("ls")).toBe("zookeeper");
  });
});

describe("an export in which the top itself is left out", () => {
  test.each([
    ["an ephemeral node", "/e"],
    ["the server's own", "/zookeeper"],
  ])("is whole all the same: %s", async (_, path) => {
    const corral = await startCorral();
    const file = join(tempDir(), "a.jsonl");
    const { stdout } = await corral.run(["shell"], `create -e /e\nexport ${path} ${file}\n`);
    expect(stdout).toMatch(/^\/e\n0 nodes as of zxid \d+ in /);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { format: "corral-export-1", path, zxid: expect.any(Number) },
      { nodes: 0 },
    ]);
    expect(await corral.ok("import", file, "/b")).toBe("0 nodes created, 0 overwritten, 0 skipped");
  });
});
