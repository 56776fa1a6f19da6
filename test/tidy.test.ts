// The rules of the house that no linter checks: who may import whom, how long things may be, and what no file may say.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = git("ls-files", "--cached", "--others", "--exclude-standard").filter((file) =>
  statSync(join(root, file), { throwIfNoEntry: false })?.isFile(),
);
const sources = files.filter((file) => /^src\/.*\.ts$/.test(file));

/** What each part of src may import from the others. The composition root, src/server.ts, may import them all. */
const allowed: Record<string, readonly string[]> = {
  limits: [],
  clock: ["limits"],
  bytes: [],
  figures: [],
  "listen-error": [],
  version: [],
  visible: [],
  core: ["limits"],
  journal: ["core", "clock", "bytes", "figures", "limits"],
  engine: ["journal", "core", "clock", "figures", "limits"],
  auth: ["core", "clock", "limits"],
  grpc: ["auth", "engine", "core", "clock", "bytes", "figures", "listen-error", "limits", "gen"],
  frontends: ["grpc", "auth", "engine", "core", "clock", "figures", "limits", "gen"],
  client: ["gen"],
  config: ["limits"],
  // It reads what the engine and the journal count; they do not know it.
  ops: ["engine", "journal", "core", "clock", "figures", "listen-error", "limits", "visible"],
  // The composition root of what needs no server.
  "data-directory": ["journal"],
  cli: ["client", "config", "ops", "server", "data-directory", "version", "clock", "limits", "visible"],
};

/** Packages that one folder alone may import, so that each can be replaced in one place. */
const owners: Record<string, readonly string[]> = {
  "better-sqlite3": ["src/journal/sqlite/"],
  "@grpc/grpc-js": ["src/client/"],
  "@opentelemetry/api": ["src/grpc/"],
  "@bufbuild/protobuf": ["src/grpc/", "src/client/"],
  jose: ["src/auth/"],
  pino: ["src/ops/"],
  "smol-toml": ["src/config/"],
  zod: ["src/config/"],
};

describe("imports", () => {
  test("go only from the edges to the core", () => {
    const faults = sources.flatMap((file) =>
      imports(file)
        .filter(({ to }) => to.startsWith("."))
        .map(({ to, typeOnly }) => ({ from: part(file), to: part(target(file, to)), typeOnly }))
        .filter(({ from, to, typeOnly }) => !mayImport(from, to, typeOnly))
        .map(({ from, to }) => `${file}: ${from} must not import ${to}`),
    );
    expect(faults).toEqual([]);
  });

  test("of a package stay in the folder that owns it, and every package has an owner", () => {
    const faults = sources.flatMap((file) =>
      imports(file)
        .filter(({ to }) => !to.startsWith(".") && !to.startsWith("node:"))
        .map(({ to }) => to.split("/", to.startsWith("@") ? 2 : 1).join("/"))
        .filter((name) => !owners[name]?.some((folder) => file.startsWith(folder)))
        .map((name) => `${file} must not import ${name}`),
    );
    expect(faults).toEqual([]);
  });

  test("of the core reach nothing of the machine", () => {
    const faults = sources
      .filter((file) => file.startsWith("src/core/"))
      .filter((file) =>
        imports(file).some(({ to }) => to.startsWith("node:") && to !== "node:assert/strict"),
      );
    expect(faults).toEqual([]);
  });
});

describe("sizes", () => {
  test("of files are at most 400 lines", () => {
    expect(sources.filter((file) => read(file).split("\n").length > 401)).toEqual([]);
  });

  test("of functions are at most 70 lines", () => {
    expect(sources.flatMap((file) => longFunctions(file, 70))).toEqual([]);
  });

  test("are measured right", () => {
    const lines = [
      "class A {",
      "  f(",
      "    a: number,",
      "  ): void {",
      ...Array(9).fill("    a;"),
      "  }",
      "}",
    ];
    expect(functionLengths(lines)).toEqual([{ line: 4, length: 11 }]);
    expect(functionLengths(["const f = () => {", "  if (a) {", "    b;", "  }", "};"])).toEqual([
      { line: 1, length: 5 },
    ]);
  });
});

describe("no file", () => {
  // Spelt in parts, since this file must not name them either.
  const host = (...labels: string[]) => labels.join("\\.");
  const workplace = [
    ["/", "(work|tmp/wt)", "/"].join(""),
    host("registry", "npmjs"),
    host("pypi", "org"),
    host("pythonhosted", "org"),
    host("proxy", "golang"),
    host("sum", "golang"),
    host("deb", "debian"),
  ];
  const code = files.filter(
    (file) => /\.(ts|mjs|go|py|proto)$/.test(file) && !isForeign(file) && file !== "test/tidy.test.ts",
  );

  test("names the place it was written at, or a package registry's host", () => {
    expect(matches(files.filter(isText), new RegExp(`(?<![\\w.])(${workplace.join("|")})`))).toEqual([]);
  });

  test("of code has something left to do", () => {
    expect(matches(code, /\b(FIXME|TODO|XXX)\b/)).toEqual([]);
  });

  test("of tests runs a part of them only", () => {
    expect(matches(code, /\b(describe|test|it)(\.\w+)*\.(only|todo)\b/)).toEqual([]);
  });

  test("of TypeScript gives up on types", () => {
    const typescript = code.filter((file) => file.endsWith(".ts"));
    expect(matches(typescript, /(:|\bas|<|,)\s*any\b[\s,;>)[\]|&=]|@ts-(ignore|nocheck)/)).toEqual([]);
  });

  test("of the server or the client but their clocks reads the time or rolls dice", () => {
    const clocks = ["src/clock.ts", "src/client/clock.ts"];
    const timeless = sources.filter((file) => !clocks.includes(file));
    const readings =
      /\b(Date\.now|performance\.now|Math\.random|random(Bytes|UUID|Int)|hrtime)\b|new Date\(\)/;
    expect(matches(timeless, readings)).toEqual([]);
  });
});

test("every dependency has its reason in CONTRIBUTING.md, and only those", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<string, object>;
  const [, section = ""] = read("CONTRIBUTING.md").split("## Dependencies");
  const listed = [...section.matchAll(/^\| `([^`]+)` +\| \S/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).sort());
});

describe("links in documents", () => {
  const documents = files.filter((file) => file.endsWith(".md"));
  test.each(documents)("of %s lead to files and headings that exist", (file) => {
    const text = read(file).replace(/^```[\s\S]*?^```/gm, "");
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(file, link));
    expect(broken).toEqual([]);
  });
});

function mayImport(from: string, to: string, typeOnly: boolean): boolean {
  if (from === to || from === "server") return true;
  // A logger is handed in; who takes one names its type.
  if (to === "ops" && typeOnly) return from !== "core";
  return allowed[from]?.includes(to) ?? false;
}

/** The part of src that a file belongs to: its folder, or its name when it lies in src itself; "gen" for gen/ts. */
function part(file: string): string {
  const [top = "", second = ""] = file.split("/");
  return top === "src" ? second.replace(/\.ts$/, "") : top;
}

function target(file: string, to: string): string {
  return relative(root, join(root, dirname(file), to));
}

function imports(file: string): { to: string; typeOnly: boolean }[] {
  const statements = read(file).matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return [...statements].map(([, type, to, dynamic]) => ({ to: to ?? dynamic ?? "", typeOnly: !!type }));
}

function longFunctions(file: string, limit: number): string[] {
  return functionLengths(read(file).split("\n"))
    .filter(({ length }) => length > limit)
    .map(({ line, length }) => `${file}:${line} has ${length} lines`);
}

/** Relies on the formatter: a function's last line begins with a brace, as far in as the line of its first. */
function functionLengths(lines: readonly string[]): { line: number; length: number }[] {
  return lines.flatMap((text, index) => {
    if (!/(=>|\)(: .+)?) \{$/.test(text) || /^\s*(\} )?(if|else|for|while|switch|catch)\b/.test(text))
      return [];
    const indent = /^\s*/.exec(text)?.[0] ?? "";
    const length = lines.slice(index + 1).findIndex((line) => line.startsWith(`${indent}}`)) + 2;
    return length > 1 ? [{ line: index + 1, length }] : [];
  });
}

function leadsSomewhere(file: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const to = path === "" ? file : target(file, path);
  if (!existsSync(join(root, to))) return false;
  if (heading === undefined || !to.endsWith(".md")) return true;
  return [...read(to).matchAll(/^#+ (.+)$/gm)].some(([, title = ""]) => anchor(title) === heading);
}

/** A heading's anchor, as the usual hosts of repositories make it. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}

function matches(among: readonly string[], pattern: RegExp): string[] {
  return among.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

/** Generated, or kept as others wrote it. */
function isForeign(file: string): boolean {
  return /^(gen|third_party)\//.test(file);
}

function isText(file: string): boolean {
  return !/\.(binpb|png|db|sqlite)$/.test(file);
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function git(...args: string[]): string[] {
  const output = execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return output.split("\n").filter((line) => line !== "");
}
