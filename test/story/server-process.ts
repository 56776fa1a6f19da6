import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eachLine } from "../support/each-line.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A server in a process of its own, as `npm start` runs it. */
export interface ServerProcess {
  /** Where it listens, as host:port. */
  readonly address: string;
  readonly pid: number;
  /** Asks it to stop, and answers its exit code. */
  stop(): Promise<number | null>;
  /** Resolves when it has ended by itself, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Ends it without a goodbye. */
  kill(): Promise<void>;
}

/** Starts a server on a free port and waits until it listens. Throws with its log when it exits before. */
export async function startServerProcess(dataDir: string, ...flags: string[]): Promise<ServerProcess> {
  const args = ["src/cli/main.ts", "serve", "--port", "0", "--data-dir", dataDir, ...flags];
  const server = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(server, "exit");
  try {
    const port = await listeningPort(server);
    return {
      address: `127.0.0.1:${port}`,
      pid: server.pid!,
      ended: exited.then(([code, signal]) => code ?? signal),
      stop: async () => {
        server.kill("SIGTERM");
        const [code] = await exited;
        return code;
      },
      kill: async () => {
        server.kill("SIGKILL");
        await exited;
      },
    };
  } catch (error) {
    server.kill("SIGKILL");
    throw error;
  }
}

/** Reads the log up to the line that tells the port; what follows is read too, so that the pipe never fills. */
function listeningPort(server: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const log: string[] = [];
  eachLine(server.stdout!, (line) => {
    const entry = parsed(line);
    if (entry.msg?.startsWith("listening") && entry.port !== undefined) resolve(entry.port);
    log.push(line);
  });
  server.stderr!.on("data", (text) => log.push(String(text)));
  // "close" comes when the output has been read to its end, "exit" may come before.
  server.once("close", (code) =>
    reject(new Error(`the server exited with ${code} before it listened:\n${log.join("\n")}`)),
  );
  return promise;
}

function parsed(line: string): { msg?: string; port?: number } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
