// Installs what the code generators and the tests in other languages need into .tools, at pinned versions:
// `npm run tools`. What is installed already is left alone.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const toolsFolder = join(root, ".tools");
export const toolsBin = join(toolsFolder, "bin");
export const pythonInVenv = join(toolsFolder, "python", "bin", "python");

const requirements = join(root, "scripts", "python-requirements.txt");

/** Go commands, by the name of the binary. */
const goCommands = {
  "protoc-gen-go": "google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12",
  "protoc-gen-go-grpc": "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2",
  grpcurl: "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4",
} as const;

export type GoCommand = keyof typeof goCommands;

/** A program on PATH or in one of the further folders; undefined when there is none. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env["PATH"] ?? "").split(delimiter);
  return [...path, ...folders].map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** The Go command: WITH_GO (empty for none), else on PATH, else where Go's own installer puts it. */
export function findGo(): string | undefined {
  const named = process.env["WITH_GO"];
  return named === undefined ? findProgram("go", ["/usr/local/go/bin"]) : named || undefined;
}

/** The Python that makes the virtual environment: WITH_PYTHON (empty for none), else python3 on PATH. */
export function findPython(): string | undefined {
  const named = process.env["WITH_PYTHON"];
  return named === undefined ? findProgram("python3") : named || undefined;
}

/** Installs a Go command into .tools/bin. Throws when Go is missing or fails. */
export function installGoCommand(name: GoCommand): string {
  const binary = join(toolsBin, name);
  const stamp = join(toolsFolder, `${name}.version`);
  const wanted = goCommands[name];
  if (existsSync(binary) && readStamp(stamp) === wanted) return binary;
  const go = findGo();
  if (go === undefined) throw new Error(`${name} needs Go: install Go 1.25 or later, or name it in WITH_GO`);
  mkdirSync(toolsBin, { recursive: true });
  console.error(`corral: installing ${wanted}`);
  run(go, ["install", wanted], { GOBIN: toolsBin });
  writeFileSync(stamp, wanted);
  return binary;
}

/** Makes the virtual environment .tools/python. Throws when Python is missing or pip fails. */
export function installPythonPackages(): string {
  const stamp = join(toolsFolder, "python.version");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(pythonInVenv) && readStamp(stamp) === wanted) return pythonInVenv;
  const python = findPython();
  if (python === undefined)
    throw new Error("the Python packages need Python 3.9 or later: install it, or name it in WITH_PYTHON");
  console.error("corral: installing Python packages into .tools/python");
  rmSync(join(toolsFolder, "python"), { recursive: true, force: true });
  run(python, ["-m", "venv", join(toolsFolder, "python")]);
  run(pythonInVenv, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  writeFileSync(stamp, wanted);
  return pythonInVenv;
}

/** Runs a command with its output on stderr. Throws when it does not exit with 0. */
export function run(command: string, args: readonly string[], env: Record<string, string> = {}): void {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ...env },
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} exited with ${status}`);
}

function readStamp(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

if (import.meta.main) {
  try {
    for (const name of Object.keys(goCommands) as GoCommand[]) installGoCommand(name);
    installPythonPackages();
  } catch (error) {
    console.error(`corral: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
