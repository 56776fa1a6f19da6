// Everything that must hold before a change lands: `npm run check`. `--without-tests` leaves the tests to the
// caller. Every step runs, whatever the ones before it said, so that one run shows all that is wrong.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { buf, generate } from "./generate.ts";
import { findGo, root, run } from "./tools.ts";

const ci = process.env["CI"] === "true";
process.env["PATH"] = [join(root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter);

const steps: [name: string, step: () => void][] = [
  ["gen is what proto generates, and the contract breaks nobody", checkGenerated],
  ["buf lint", () => buf(["lint"])],
  ["buf format", () => buf(["format", "proto", "--diff", "--exit-code"])],
  ["biome", () => run("biome", ["check", "--error-on-warnings", "."])],
  ["types", () => run("tsc", ["--noEmit"])],
  ["go vet and gofmt", checkGo],
];
if (!process.argv.includes("--without-tests")) steps.push(["tests", () => run("vitest", ["run"])]);

const failed: string[] = [];
for (const [name, step] of steps) {
  const startedAtMs = performance.now();
  try {
    step();
    console.log(`ok      ${name} (${Math.round(performance.now() - startedAtMs)} ms)`);
  } catch (error) {
    failed.push(name);
    console.log(`FAILED  ${name}: ${(error as Error).message}`);
  }
}
if (failed.length > 0) {
  console.log(`${failed.length} of ${steps.length} checks failed: ${failed.join("; ")}`);
  process.exitCode = 1;
}

/** Compares gen before and after, rather than with the last commit: a change that is not committed yet may pass. */
function checkGenerated(): void {
  const before = fingerprint();
  for (const reason of generate({ skipMissing: !ci })) console.log(`skipped ${reason}`);
  const after = fingerprint();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file),
  );
  if (changed.length > 0)
    throw new Error(`these were not up to date; they are now, commit them: ${changed.join(", ")}`);
}

/** The Go programs that are written by hand. */
function checkGo(): void {
  const go = findGo();
  if (go === undefined && ci) throw new Error("there is no Go");
  if (go === undefined) {
    console.log("skipped go vet and gofmt: there is no Go (set WITH_GO, or put it on PATH)");
    return;
  }
  for (const module of ["examples/go", "test/story/go"]) {
    run(go, ["-C", module, "vet", "./..."]);
    // gofmt exits with 0 whatever it finds.
    const { stdout } = spawnSync(join(dirname(go), "gofmt"), ["-l", module], { cwd: root, encoding: "utf8" });
    if (stdout !== "") throw new Error(`run gofmt on ${stdout.trim()}`);
  }
}

/** The files of gen/ that git keeps or would keep, each with a hash of its content. */
function fingerprint(): Map<string, string> {
  const list = gitLines(["ls-files", "--cached", "--others", "--exclude-standard", "gen"]);
  const files = [...new Set(list)].filter((file) => existsSync(join(root, file)));
  const hashes = gitLines(["hash-object", "--no-filters", ...files]);
  return new Map(files.map((file, index) => [file, hashes[index] ?? ""]));
}

function gitLines(args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args[0]} failed: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}
