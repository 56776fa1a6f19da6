// A small disk that somebody fills to the brim, under a real server: nothing acknowledged is lost, reads and sessions
// go on, and so do writes once there is room.
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type Client, connect, isCorralError } from "../../src/client/index.ts";
import { diskReserveBytes } from "../../src/limits.ts";
import { temporaryFolder } from "../story/programs.ts";
import { startServerProcess } from "../story/server-process.ts";
import { skipUnless, toolPath } from "../support/tools.ts";

const diskMib = 96;
const writers = 8;

/** How long the server may take to find out that there is room. */
const recoveryMs = 2_000;

class SmallDisk {
  readonly path = temporaryFolder();
  readonly #filler = join(this.path, "filler");

  constructor() {
    execFileSync(toolPath("mount"), ["-t", "tmpfs", "-o", `size=${diskMib}m`, "tmpfs", this.path]);
    onTestFinished(() => void execFileSync("umount", ["--lazy", this.path]));
  }

  /** Fills it to the last byte. */
  fill(): void {
    const fd = openSync(this.#filler, "a");
    try {
      for (let bytes = 1_048_576; bytes >= 1; ) {
        try {
          writeSync(fd, Buffer.alloc(bytes, "x"));
        } catch {
          bytes = Math.floor(bytes / 2);
        }
      }
    } finally {
      closeSync(fd);
    }
  }

  makeRoom(): void {
    rmSync(this.#filler);
  }
}

/** Sets one node after another without pause, and remembers what was acknowledged. */
class Writer {
  readonly acknowledged = new Map<string, string>();
  refusals = 0;
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(client: Client, number: number) {
    this.#done = this.#run(client, number);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(client: Client, number: number): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      const path = `/w/${number}-${i % 20}`;
      const text = `${i} `.padEnd(10_000, "x");
      try {
        if (this.acknowledged.has(path)) await client.set(path, text);
        else await client.create(path, text);
        this.acknowledged.set(path, text);
      } catch (error) {
        if (!isCorralError(error, "DISK_FULL")) throw error;
        this.refusals++;
        await delay(20);
      }
    }
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

async function verify(client: Client, acknowledged: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of acknowledged) expect((await client.get(path)).text, path).toBe(text);
}

skipUnless("mount")("a disk that is full", () => {
  test("refuses what adds to it, loses nothing, and is used again within two seconds of having room", async () => {
    const disk = new SmallDisk();
    const dataDir = join(disk.path, "data");
    mkdirSync(dataDir);
    const flags = [
      "--tick-ms",
      "200",
      "--http-port",
      "0",
      "--history-max-bytes",
      "8000000",
      "--disk-low-bytes",
      "0",
    ];
    let server = await startServerProcess(dataDir, ...flags);
    onTestFinished(() => server.kill());
    const client = await connect({ endpoints: server.address, sessionTimeoutMs: 1_000 });
    onTestFinished(() => client.close());
    await client.create("/w");
    await client.create("/kept", "", { mode: "ephemeral" });
    const session = client.session?.id;
    const alarms = async () => (await client.admin.status()).alarms.map(({ name }) => name);
    // The reserve is made a second after the start.
    await until(async () => (await client.admin.status()).diskFreeBytes < (diskMib << 20) - diskReserveBytes);

    const all = Array.from({ length: writers }, (_, number) => new Writer(client, number));
    await until(() => all.every(({ acknowledged }) => acknowledged.size > 5));
    disk.fill();
    await until(() => all.every(({ refusals }) => refusals > 5));
    await until(async () => (await alarms()).includes("disk_full"));
    await Promise.all(all.map((writer) => writer.stop()));
    const acknowledged = new Map(all.flatMap((writer) => [...writer.acknowledged]));

    await verify(client, acknowledged);
    // What takes away is done all the same.
    const [gone] = acknowledged.keys();
    await client.delete(gone!);
    acknowledged.delete(gone!);
    // Heartbeats have gone on for more than the session's timeout.
    await delay(1_500);
    expect((await client.get("/kept")).stat.ephemeralOwner).toBe(session);

    await server.kill();
    disk.fill();
    server = await startServerProcess(dataDir, ...flags);
    const again = await connect({ endpoints: server.address, sessionTimeoutMs: false });
    onTestFinished(() => again.close());
    await verify(again, acknowledged);
    expect(await again.exists(gone!)).toBeUndefined();
    await expect(again.create("/more", "x".repeat(200_000))).rejects.toMatchObject({ reason: "DISK_FULL" });

    disk.makeRoom();
    const roomMs = performance.now();
    await until(() =>
      again.create("/more", "x".repeat(200_000)).then(
        () => true,
        (error) => (isCorralError(error, "DISK_FULL") ? false : Promise.reject(error)),
      ),
    );
    expect(performance.now() - roomMs).toBeLessThan(recoveryMs);
    await verify(again, acknowledged);
    expect((await again.admin.status()).alarms).toEqual([]);
    expect(await server.stop()).toBe(0);
  }, 60_000);

  test("leaves the reserve to what takes away, after a start too", async () => {
    const disk = new SmallDisk();
    const dataDir = join(disk.path, "data");
    mkdirSync(dataDir);
    let server = await startServerProcess(dataDir, "--http-port", "0");
    onTestFinished(() => server.kill());
    const client = await connect({ endpoints: server.address, sessionTimeoutMs: false });
    await client.create("/a");
    await until(() => existsSync(join(dataDir, "reserve")));
    await client.close();
    await server.stop();
    disk.fill();
    server = await startServerProcess(dataDir, "--http-port", "0");
    const again = await connect({ endpoints: server.address, sessionTimeoutMs: false });
    onTestFinished(() => again.close());
    await until(async () => (await again.admin.status()).alarms.some(({ name }) => name === "disk_full"));
    await expect(again.create("/b")).rejects.toMatchObject({ reason: "DISK_FULL" });
    await again.delete("/a");
  }, 60_000);
});
