// A server as the files of deploy/ would have it run.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { eachLine } from "../support/each-line.ts";
import { read } from "./files.ts";

/** A new folder for the test that asks, removed when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "corral-deploy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A port that nobody used a moment ago: 0 would mean no port for operations. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/**
 * The settings of a TOML file of deploy/, in a file of their own: they are all in force but those that depend on
 * the machine, which are the places of the data, and the ports.
 */
export function settingsFile(name: string, folder: string, ports: { readonly http: number }): string {
  const replaced: Record<string, string | number> = {
    data_dir: JSON.stringify(join(folder, "data")),
    port: 0,
    http_port: ports.http,
  };
  const text = read(name).replace(/^(\w+) = .*$/gm, (line, key: string) =>
    key in replaced ? `${key} = ${replaced[key]}` : line,
  );
  const file = join(folder, "corral.toml");
  writeFileSync(file, text);
  return file;
}

export interface Running {
  /** Where it takes calls, as host:port. */
  readonly address: string;
  /** Asks it to stop by SIGTERM, and answers its exit code. */
  stop(): Promise<number | null>;
}

/** Runs a command that serves, and answers when its log says that it listens. Throws with its log if it ends before. */
export async function running(
  command: readonly [string, ...string[]],
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly cwd?: string;
    /** Which process is to be stopped. Default: that of the command. */
    readonly pid?: () => number;
  },
): Promise<Running> {
  const [program, ...args] = command;
  const { env, cwd, pid = () => server.pid! } = options;
  const server = spawn(program, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void server.kill("SIGKILL"));
  const exited = once(server, "exit");
  return {
    address: await listening(server),
    stop: async () => {
      process.kill(pid(), "SIGTERM");
      const [code] = await exited;
      return code;
    },
  };
}

/** Reads the log up to the line that tells the address; what follows is read too, so that the pipe never fills. */
function listening(server: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const log: string[] = [];
  eachLine(server.stdout!, (line) => {
    log.push(line);
    if (line.includes('"msg":"listening')) resolve(JSON.parse(line).address);
  });
  server.stderr!.on("data", (text) => log.push(String(text)));
  server.once("close", (code) => reject(new Error(`the server exited with ${code}:\n${log.join("\n")}`)));
  return promise;
}
