// Nothing that a node, a server or a client has sent makes a terminal obey, forges a line, or turns a text around.
import { describe, expect, test } from "vitest";
import { childrenLike } from "../../src/cli/completion/children.ts";
import { Output } from "../../src/cli/output.ts";
import { printersOf, wantsColours } from "../../src/cli/terminal.ts";
import type { Client } from "../../src/client/index.ts";
import { readable } from "../../src/ops/logger.ts";
import { visible, visibleLines } from "../../src/visible.ts";
import { skipUnless } from "../support/tools.ts";
import { startCorral } from "./corral.ts";
import { AtTerminal } from "./pseudo-terminal.ts";
import { main } from "./run-command.ts";

/** Everything that a terminal might obey. */
const commands = [
  ...Array.from({ length: 0x20 }, (_, at) => at).filter((at) => at !== 9 && at !== 10),
  ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at),
  ...[
    0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068,
    0x2069,
  ],
].map((at) => String.fromCharCode(at));

const evil = `a\u001b[2J\u009b31m\u202eb\u2066\u2028c\rd`;
const shown = "a\\u001b[2J\\u009b31m\\u202eb\\u2066\\u2028c\\u000dd";

test("a text is shown with what a terminal would obey written out, and nothing else changed", () => {
  for (const command of commands) {
    const code = command.charCodeAt(0).toString(16).padStart(4, "0");
    expect(visible(`x${command}y`)).toBe(`x\\u${code}y`);
    expect(visibleLines(`x${command}y`)).toBe(`x\\u${code}y`);
  }
  expect(visible("a\nb\tc")).toBe("a\\u000ab\\u0009c");
  expect(visibleLines("a\nb\tc")).toBe("a\nb\tc");
  const harmless = "Grüße, 你好, שלום, مرحبا, 👩‍👩‍👧, e\u0301 \\u001b";
  expect([visible(harmless), visibleLines(harmless)]).toEqual([harmless, harmless]);
});

/** A stream that keeps what it is given. */
function outlet(isTTY: boolean) {
  const outlet = { isTTY, text: "", write: (chunk: string | Uint8Array) => (outlet.text += chunk) };
  return outlet;
}

describe("all output of the process", () => {
  test("is made visible at a terminal, but for the colours that Corral gives and for bytes that were asked for", () => {
    const [stdout, stderr] = [outlet(true), outlet(true)];
    const io = { env: {}, ...printersOf(stdout, stderr, {}) };
    const out = new Output("table", io);
    out.line(`${out.dim("dim")} ${out.bright(evil)}`);
    expect(stdout.text).toBe(`\u001b[2mdim\u001b[0m \u001b[36m${shown}\u001b[0m\n`);
    stdout.text = "";
    io.out(Buffer.from(evil));
    expect(stdout.text).toBe(evil);
    io.complain(`${evil}\nforged`);
    expect(stderr.text).toContain("corral: a\\u001b[2J\\u009b31m\\u202eb\\u2066\\u2028c d forged\n");
    stderr.text = "";
    io.progress(evil);
    expect(stderr.text).toBe(`\r\u001b[K${shown}`);
  });

  test("is what it is for programs; what is complained of is for people all the same", () => {
    const [stdout, stderr] = [outlet(false), outlet(false)];
    const io = { env: {}, ...printersOf(stdout, stderr, {}) };
    const out = new Output("table", io);
    out.line(`${out.dim("dim")} ${out.part(evil)}`);
    expect(stdout.text).toBe(`dim ${evil}\n`);
    io.progress("not seen");
    io.complain(evil);
    expect(stderr.text).toBe(`corral: ${shown.replace("\\u000d", " ")}\n`);
  });

  test.each([
    [{}, true],
    [{ NO_COLOR: "" }, true],
    [{ NO_COLOR: "1" }, false],
    [{ TERM: "dumb" }, false],
  ])("has colours where they are wanted: %j", (env, wanted) => {
    expect(wantsColours(env)).toBe(wanted);
    const [stdout, stderr] = [outlet(true), outlet(true)];
    const io = { env, ...printersOf(stdout, stderr, env) };
    const out = new Output("table", io);
    out.line(out.bright("x"));
    expect(stdout.text).toBe(wanted ? "\u001b[36mx\u001b[0m\n" : "x\n");
    io.progress("x");
    expect(stderr.text).toBe("TERM" in env ? "" : "\r\u001b[Kx");
  });

  test.each(["json", "ndjson"] as const)("stays %s with the same value", async (format) => {
    for (const isTTY of [true, false]) {
      const [stdout, stderr] = [outlet(isTTY), outlet(isTTY)];
      const out = new Output(format, { env: {}, ...printersOf(stdout, stderr, {}) });
      out.one({ text: `${evil}\n\t` }, () => "");
      for (const command of commands) expect(stdout.text).not.toContain(command);
      expect(JSON.parse(stdout.text)).toEqual({ text: `${evil}\n\t` });
    }
  });
});

test("a log for eyes shows what its fields hold", () => {
  const line = readable(
    JSON.stringify({ time: "2026-01-01T00:00:00.000Z", level: "warn", msg: evil, peer: evil }),
  );
  for (const command of commands) expect(line).not.toContain(command);
  expect(line).toContain("\\u202e");
});

test("completion offers no name that cannot be typed or told apart", async () => {
  const list = async function* () {
    for (const name of ["good", "evil\u001b[2J", "turned\u202e", "line\u2028"]) yield { name };
  };
  const { names, isPartial } = await childrenLike({ list } as unknown as Client, "/", "");
  expect([names, isPartial]).toEqual([["good"], true]);
});

async function printedBy(words: readonly string[], env: Record<string, string>): Promise<string> {
  const terminal = new AtTerminal([process.execPath, main, ...words], env);
  await terminal.ended;
  return terminal.raw;
}

skipUnless("script")("at a pseudo-terminal", () => {
  test.each<[string, string[]]>([
    ["get", ["/evil"]],
    ["get --stat", ["/evil", "-s"]],
    ["history -d", ["/evil", "-d"]],
    ["watch -d", ["/", "--after", "0", "--data", "--count", "2"]],
    ["grep", ["a", "/evil"]],
    ["ls", ["/"]],
    ["ls -s", ["/", "-s"]],
    ["tree", ["/"]],
    ["find", ["/", "*"]],
    ["ephemerals", []],
    ["get -o json", ["/evil", "-o", "json"]],
    ["export", ["/", "-"]],
    ["stat", ["/turned\u202eevil"]],
    ["create", ["/turned\u202eevil"]],
  ])("%s shows no command", async (line, words) => {
    const corral = await startCorral();
    await corral.ok("create", "/evil", evil);
    await corral.ok("create", "/turned\u202eevil", "x");
    const output = await printedBy([line.split(" ")[0]!, ...words], {
      ...corral.env,
      NO_COLOR: "1",
      TERM: "dumb",
    });
    // The terminal itself makes "\r\n" of each line end.
    const printed = output.replaceAll("\r\n", "\n");
    for (const command of commands) expect(printed).not.toContain(command);
  });

  test("history -d keeps each change on its line", async () => {
    const corral = await startCorral();
    const forged = "x\n2  2026-01-01T00:00:00Z  nodeDeleted  /forged";
    await corral.ok("create", "/a", forged);
    const output = await printedBy(["history", "/a", "-d"], corral.env);
    expect(output.trimEnd().split("\n")).toHaveLength(1);
  });

  test("get into a file has every byte", async () => {
    const corral = await startCorral();
    await corral.ok("create", "/evil", evil);
    expect(await corral.ok("get", "/evil")).toBe(evil);
    expect(await corral.ok("get", "-r", "/evil")).toBe(evil);
  });
});
