import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stalls } from "./stall-probe.ts";
import type { Sessions, Spread, Watching } from "./streams.ts";
import type { Way } from "./way.ts";

/** A product that can be measured, and how to start it. */
export interface Product {
  readonly name: "corral" | "etcd" | "zookeeper";
  /** What is measured: version and settings that matter; undefined when it is not installed. */
  version(): string | undefined;
  start(): Promise<Server>;
}

/** A server that runs. */
export interface Server {
  readonly name: Product["name"];
  readonly pid: number;
  readonly port: number;
  /** One call at a time, the way of every client. */
  readonly calls: Way;
  /** Many operations on one stream, where there is such a thing; for ZooKeeper the same as `calls`. */
  readonly pipeline: Way | undefined;
  /** Makes nodes that others can be under, where that is needed. */
  makeParents(paths: readonly string[]): Promise<void>;
  /** Lets the server come to rest after writes, before reads alone are measured. */
  settle(): Promise<void>;
  /** Starts to look for stalls of the event loop, or ends it and tells the longest. Corral only. */
  readonly stalls: { begin(): void; end(): Promise<Stalls> } | undefined;
  /** Watches a node; undefined where watches cannot be spread like this. */
  watching(path: string, spread: Spread): Promise<Watching | undefined>;
  /** Opens sessions with a timeout of 40 s. */
  sessions(count: number): Promise<Sessions>;
  /** From the start of the process until the first read was answered. */
  readonly startSeconds: number;
  /** Bytes of live objects after a collection, where the server can tell. */
  readonly usedHeapBytes: (() => number) | undefined;
  /** Stops, and starts again on the same data. */
  restart(): Promise<Server>;
  stop(): Promise<void>;
}

const running = new Set<Child>();

// Whatever ends this program, an interrupt or a mistake, no server and no data directory outlives it.
process.on("exit", () => {
  for (const child of running) child.abandon();
});

/** A server's process and its data directory. */
export class Child {
  readonly process: ChildProcess;
  readonly dataDir: string;
  readonly port: number;
  readonly #log: string;
  readonly #startedMs = performance.now();

  static async start(options: {
    readonly name: string;
    readonly dataDir?: string | undefined;
    readonly command: (dataDir: string, port: number) => Promise<[string, string[]]>;
    readonly ipc?: boolean;
    readonly cwd?: string;
  }): Promise<Child> {
    const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), `bench-${options.name}-`)));
    const port = await freePort();
    const [program, args] = await options.command(dataDir, port);
    const log = path.join(dataDir, "server.log");
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe", ...(options.ipc ? (["ipc"] as const) : [])],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const file = createWriteStream(log, { flags: "a" });
    child.stdout!.pipe(file);
    child.stderr!.pipe(file);
    return new Child(child, dataDir, port, log);
  }

  private constructor(process: ChildProcess, dataDir: string, port: number, log: string) {
    this.process = process;
    this.dataDir = dataDir;
    this.port = port;
    this.#log = log;
    running.add(this);
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Tries until the server answers. @returns how long that took, in seconds */
  async ready(tryOnce: () => Promise<unknown>): Promise<number> {
    for (let tries = 0; tries < 6_000; tries++) {
      if (this.process.exitCode !== null || this.process.signalCode !== null)
        throw new Error(`the server ended at its start; see ${this.#log}`);
      const answered = await tryOnce().then(
        () => true,
        () => false,
      );
      if (answered) return (performance.now() - this.#startedMs) / 1_000;
      await sleep(5);
    }
    throw new Error(`the server did not answer for long; see ${this.#log}`);
  }

  /** Ends the process, and keeps its data. */
  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exit = once(this.process, "exit");
      this.process.kill("SIGTERM");
      const killer = setTimeout(() => this.process.kill("SIGKILL"), 10_000);
      await exit;
      clearTimeout(killer);
    }
    running.delete(this);
  }

  /** For the last moment of this program, when nothing can be waited for. */
  abandon(): void {
    this.process.kill("SIGKILL");
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Stops what still runs, and removes its data. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
