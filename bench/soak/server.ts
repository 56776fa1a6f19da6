import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { linesIn } from "../../src/cli/lines.ts";

/** What a server takes at one moment. Sizes in MiB, times in milliseconds since the sample before. */
export interface Sample {
  readonly seconds: number;
  readonly databaseMb: number;
  readonly walMb: number;
  readonly memoryMb: number;
  readonly heapMb: number;
  readonly cpuPercent: number;
  readonly stallMaxMs: number;
  readonly fsyncMeanMs: number;
}

const mib = 1_048_576;

/** `corral serve` as a process of its own, looked at from outside: its files, the kernel's figures and its metrics. */
export class SoakedServer {
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly #http: string;
  readonly #dataDir: string;
  readonly #startedMs = performance.now();
  #before = { ms: performance.now(), cpuSeconds: 0, fsyncSeconds: 0, fsyncs: 0 };

  /** @param settings flags of `corral serve`. */
  static async start(dataDir: string, settings: readonly string[]): Promise<SoakedServer> {
    const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const ports = ["--port", "0", "--http-port", String(18_000 + (process.pid % 10_000))];
    const args = [main, "serve", "--data-dir", dataDir, ...ports, ...settings];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let http: string | undefined;
    for await (const line of linesIn(child.stdout!.iterator({ destroyOnReturn: false }))) {
      const { msg, address } = JSON.parse(line.toString()) as { msg: string; address?: string };
      if (msg.startsWith("answering operators")) http = address;
      if (msg.startsWith("listening") && address !== undefined && http !== undefined) {
        child.stdout!.resume();
        return new SoakedServer(child, { dataDir, endpoint: address, http });
      }
    }
    throw new Error("the server did not start");
  }

  private constructor(
    child: ChildProcess,
    { dataDir, endpoint, http }: { dataDir: string; endpoint: string; http: string },
  ) {
    this.#child = child;
    this.#dataDir = dataDir;
    this.endpoint = endpoint;
    this.#http = http;
  }

  async sample(): Promise<Sample> {
    const metrics = await this.#metrics();
    const now = {
      ms: performance.now(),
      cpuSeconds: metrics("process_cpu_seconds_total"),
      fsyncSeconds: metrics("corral_fsync_duration_seconds_sum"),
      fsyncs: metrics("corral_fsync_duration_seconds_count"),
    };
    const before = this.#before;
    this.#before = now;
    const fsyncs = now.fsyncs - before.fsyncs;
    return {
      seconds: Math.round((now.ms - this.#startedMs) / 1_000),
      databaseMb: rounded(sizeOf(join(this.#dataDir, "corral.db")) / mib),
      walMb: rounded(sizeOf(join(this.#dataDir, "corral.db-wal")) / mib),
      memoryMb: rounded(residentBytes(this.#child.pid!) / mib),
      heapMb: rounded(metrics("nodejs_heap_size_used_bytes") / mib),
      cpuPercent: rounded(((now.cpuSeconds - before.cpuSeconds) / (now.ms - before.ms)) * 100_000),
      stallMaxMs: rounded(metrics('corral_event_loop_delay_seconds{quantile="1"}') * 1_000),
      fsyncMeanMs: rounded(fsyncs === 0 ? 0 : ((now.fsyncSeconds - before.fsyncSeconds) / fsyncs) * 1_000),
    };
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
  }

  async #metrics(): Promise<(name: string) => number> {
    const text = await (await fetch(`http://${this.#http}/metrics`)).text();
    const values = new Map(text.split("\n").map((line) => line.split(" ") as [string, string]));
    return (name) => Number(values.get(name) ?? Number.NaN);
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
