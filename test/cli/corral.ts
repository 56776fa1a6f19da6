import { PassThrough } from "node:stream";
import { onTestFinished } from "vitest";
import { runCommand } from "../../src/cli/command.ts";
import { startServer, type TestServer } from "../support/start-server.ts";
import { tempDir } from "./load.ts";
import type { Finished } from "./run-command.ts";

/** A command that runs in this process, as if it had one of its own. */
export interface RunningVerb {
  /** Resolves with the first line that holds `text`; rejects if the command ends without one. */
  line(text: string): Promise<string>;
  /** ctrl-C. */
  interrupt(): void;
  readonly finished: Promise<Finished>;
}

/** A server, and the command that talks to it. */
export interface Corral {
  readonly server: TestServer;
  readonly env: Record<string, string>;
  start(args: readonly string[], input?: string | Uint8Array): RunningVerb;
  run(args: readonly string[], input?: string | Uint8Array): Promise<Finished>;
  /** Runs it to its end, which must be a good one, and answers its output. */
  ok(...args: string[]): Promise<string>;
}

export async function startCorral(options: Parameters<typeof startServer>[0] = {}): Promise<Corral> {
  const server = await startServer(options);
  // No contexts of whoever runs the test.
  const env = { CORRAL_ENDPOINT: server.address, XDG_CONFIG_HOME: tempDir(), XDG_STATE_HOME: tempDir() };
  const start = (args: readonly string[], input?: string | Uint8Array) => startVerb(args, env, input);
  const run = (args: readonly string[], input?: string | Uint8Array) => start(args, input).finished;
  const ok = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(args);
    if (code !== 0 || stderr !== "")
      throw new Error(`corral ${args.join(" ")} exited with ${code}: ${stderr}`);
    return stdout;
  };
  return { server, env, start, run, ok };
}

/** Runs a command line; standard output without its last end of line. */
function startVerb(args: readonly string[], env: Record<string, string>, input?: string | Uint8Array) {
  const stdin = new PassThrough();
  stdin.end(input);
  const chunks: Buffer[] = [];
  let stderr = "";
  let ended = false;
  const handlers: (() => void)[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const one of waiting) one();
  };
  const text = () => Buffer.concat(chunks).toString().replace(/\n$/, "");
  const finished = runCommand(args, {
    env,
    stdin,
    stdout: new PassThrough(),
    isTerminal: false,
    out: (chunk) => {
      chunks.push(Buffer.from(chunk as Uint8Array));
      wake();
    },
    complain: (line) => {
      stderr += `corral: ${line}\n`;
    },
    progress: () => {},
    onSignal: (_, fn) => handlers.push(fn),
    onUncaught: () => {},
    exit: (code) => {
      throw new Error(`the command ended itself with ${code}`);
    },
  })
    .then((code) => ({ code, stdout: text(), stderr }))
    .finally(() => {
      ended = true;
      wake();
    });
  const line = async (part: string): Promise<string> => {
    for (;;) {
      const found = text()
        .split("\n")
        .find((one) => one.includes(part));
      if (found !== undefined) return found;
      if (ended) throw new Error(`it ended without ${part}: ${stderr}`);
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };
  const interrupt = () => handlers[0]?.();
  onTestFinished(async () => {
    if (!ended) interrupt();
    await finished;
  });
  return { line, interrupt, finished };
}
