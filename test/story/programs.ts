import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { runTool, type Tool, toolPath } from "../support/tools.ts";
import { root } from "./server-process.ts";

/** A language that Corral ships a package for, and how its programs are run. */
export interface Language {
  readonly name: string;
  readonly tools: Tool[];
  /** Prepares the programs. Call it in beforeAll: the first Go build takes a minute. */
  readonly prepare: () => void;
  /** The command of each program. */
  readonly programs: Readonly<Record<"story" | "whoami" | "provider" | "caller", () => string[]>>;
}

const goBinaries = lazyFolder("corral-go-");

/** The three languages. Python finds its package in the working tree, and Go by the replace of its go.mod. */
export const languages: Language[] = [
  {
    name: "TypeScript",
    tools: [],
    prepare: () => {},
    programs: {
      story: () => [process.execPath, "test/story/story.ts"],
      whoami: () => [process.execPath, "test/story/whoami.ts"],
      provider: () => [process.execPath, "examples/typescript/provider.ts"],
      caller: () => [process.execPath, "examples/typescript/caller.ts"],
    },
  },
  {
    name: "Go",
    tools: ["go"],
    prepare: () => {
      runTool("go", ["build", "-o", join(goBinaries(), "story"), "."], join(root, "test/story/go"));
      runTool("go", ["build", "-o", `${goBinaries()}/`, "./whoami"], join(root, "test/story/go"));
      runTool("go", ["build", "-o", `${goBinaries()}/`, "./..."], join(root, "examples/go"));
    },
    programs: {
      story: () => [join(goBinaries(), "story")],
      whoami: () => [join(goBinaries(), "whoami")],
      provider: () => [join(goBinaries(), "provider")],
      caller: () => [join(goBinaries(), "caller")],
    },
  },
  {
    name: "Python",
    tools: ["python"],
    prepare: () => {},
    programs: {
      story: () => [toolPath("python"), "test/story/story.py"],
      whoami: () => [toolPath("python"), "test/story/whoami.py"],
      provider: () => [toolPath("python"), "examples/python/provider.py"],
      caller: () => [toolPath("python"), "examples/python/caller.py"],
    },
  },
];

/** Starts a program in the repository's root. It is killed when the test ends, if it still runs. */
export function startProgram(command: readonly string[], ...args: string[]): ChildProcess {
  const [file = "", ...first] = command;
  const env = { ...process.env, PYTHONPATH: join(root, "gen/python"), PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn(file, [...first, ...args], { cwd: root, env, stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** What a program wrote and how it ended. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits for the end of a program. */
export async function finish(child: ChildProcess): Promise<Finished> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.on("data", (chunk) => {
      output[name] += chunk;
    });
  const [code] = await once(child, "close");
  return { code, ...output };
}

/** Runs a program to its end and answers its standard output. Throws with its output when it fails. */
export async function runProgram(command: readonly string[], ...args: string[]): Promise<string> {
  const child = startProgram(command, ...args);
  child.stdin?.end();
  const { code, stdout, stderr } = await finish(child);
  if (code !== 0) throw new Error(`${command.join(" ")} ${args[1]} exited with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** A new folder for the test that asks, removed when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "corral-story-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A folder for a whole test file, made when it is first asked for. */
export function lazyFolder(prefix: string): () => string {
  let folder: string | undefined;
  afterAll(() => folder && rmSync(folder, { recursive: true }));
  return () => {
    folder ??= mkdtempSync(join(tmpdir(), prefix));
    return folder;
  };
}
