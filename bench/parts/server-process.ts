import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Counts, Memory, Started } from "./counted-server.ts";

/** A counted server in a process of its own. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly started: Started;

  static async start(dataDir: string): Promise<ServerProcess> {
    const child = fork(fileURLToPath(new URL("counted-server.ts", import.meta.url)), [dataDir]);
    const [started] = await Promise.race([
      once(child, "message") as Promise<[Started]>,
      once(child, "exit").then(([code]) => {
        throw new Error(`the server ended with ${code}`);
      }),
    ]);
    return new ServerProcess(child, started);
  }

  private constructor(child: ChildProcess, started: Started) {
    this.#child = child;
    this.started = started;
  }

  get address(): string {
    return `127.0.0.1:${this.started.port}`;
  }

  /** What happened since the last call. */
  async counts(): Promise<Counts> {
    this.#child.send("counts");
    const [counts] = (await once(this.#child, "message")) as [Counts];
    return counts;
  }

  async heapBytes(): Promise<number> {
    this.#child.send("memory");
    const [{ heapBytes }] = (await once(this.#child, "message")) as [Memory];
    return heapBytes;
  }

  async stop(): Promise<void> {
    this.#child.send("stop");
    await once(this.#child, "exit");
  }
}
