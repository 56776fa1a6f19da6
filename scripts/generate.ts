// Generates gen/ from proto/: `npm run generate`. Deterministic, and without network once the tools are there.
import { existsSync, globSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { findGo, findPython, installGoCommand, installPythonPackages, root, run, toolsBin } from "./tools.ts";

/** What is deleted before it is generated anew; everything else in gen/ is written by hand. */
const generated = {
  ts: ["gen/ts/**/*_pb.js", "gen/ts/**/*_pb.d.ts"],
  go: ["gen/go/**/*.pb.go"],
  python: ["gen/python/**/*_pb2*.py", "gen/python/**/*_pb2*.pyi"],
};

const contractFiles = "proto/corral/v1/*.proto";

/** The contract as it landed last: what the next one is compared with. */
export const landedContract = "gen/descriptor/corral.binpb";

/** What may be left out, and what may be broken. Both false by default. */
export interface GenerateOptions {
  /** Leave out a language whose tools are missing, instead of failing. */
  readonly skipMissing?: boolean;
  /** Let the contract break the landed one, or start without one. */
  readonly acceptBreaking?: boolean;
}

/** Generates everything, and answers why languages were left out. Throws when a tool is missing or fails. */
export function generate({ skipMissing = false, acceptBreaking = false }: GenerateOptions = {}): string[] {
  const skipped: string[] = [];
  if (!acceptBreaking) refuseBreaking();
  generateTypescript();
  if (skipMissing && findGo() === undefined)
    skipped.push("gen/go is not generated: there is no Go (set WITH_GO, or put it on PATH)");
  else generateGo();
  if (skipMissing && findPython() === undefined)
    skipped.push("gen/python is not generated: there is no python3 (set WITH_PYTHON, or put it on PATH)");
  else generatePython();
  mkdirSync(join(root, dirname(landedContract)), { recursive: true });
  // Written last, so that a failure before leaves the contract to compare with as it was.
  buf(["build", "proto", "--as-file-descriptor-set", "--exclude-source-info", "-o", landedContract]);
  return skipped;
}

/** Throws unless every program that speaks the landed contract can speak this one. */
function refuseBreaking(): void {
  if (!existsSync(join(root, landedContract)))
    throw new Error(
      `${landedContract} is missing, so that there is nothing to compare the contract with: restore it`,
    );
  try {
    buf(["breaking", "proto", "--against", landedContract]);
  } catch {
    throw new Error(
      `the contract breaks the landed one (see above). If what it breaks never landed, restore ${landedContract} ` +
        "from the main branch; if users shall be broken, run `npm run generate -- --accept-breaking`",
    );
  }
}

function generateTypescript(): void {
  remove(generated.ts);
  buf(["generate"]);
}

function generateGo(): void {
  installGoCommand("protoc-gen-go");
  installGoCommand("protoc-gen-go-grpc");
  remove(generated.go);
  buf(["generate", "--template", "buf.gen.go.yaml"]);
}

function generatePython(): void {
  const python = installPythonPackages();
  const out = "gen/python";
  remove(generated.python);
  const outputs = [`--python_out=${out}`, `--pyi_out=${out}`, `--grpc_python_out=${out}`];
  const protos = globSync(contractFiles, { cwd: root }).sort();
  run(python, [
    "-m",
    "grpc_tools.protoc",
    "-Iproto",
    "-Ithird_party/proto",
    ...outputs,
    ...protos.map((file) => file.replace("proto/", "")),
  ]);
}

/** Runs the pinned buf with the pinned plugins, whatever else is installed. Throws when it fails. */
export function buf(args: readonly string[]): void {
  const path = [toolsBin, join(root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter);
  run("buf", args, { PATH: path });
}

function remove(patterns: readonly string[]): void {
  for (const file of globSync(patterns, { cwd: root })) rmSync(join(root, file));
}

if (import.meta.main) {
  try {
    generate({ acceptBreaking: process.argv.includes("--accept-breaking") });
  } catch (error) {
    console.error(`corral: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
