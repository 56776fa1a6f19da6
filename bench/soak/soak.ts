import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Sample, SoakedServer } from "./server.ts";
import { Writers } from "./writers.ts";

export interface SoakOptions {
  readonly seconds: number;
  readonly writesPerSecond: number;
  readonly sampleSeconds: number;
  /** Flags of `corral serve`. */
  readonly settings: readonly string[];
  readonly sampled?: (sample: Sample) => void;
}

export interface SoakResult {
  readonly samples: readonly Sample[];
  readonly acknowledged: number;
  readonly failed: number;
  /** Sessions that came, held an ephemeral node and a watch, and went. */
  readonly visits: number;
  /** Nodes that are not what was acknowledged last. */
  readonly wrong: number;
}

/** Writes to a real server at a steady rate, and looks at what it takes meanwhile. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "corral-soak-"));
  const server = await SoakedServer.start(dataDir, options.settings);
  try {
    const writers = await Writers.start(server.endpoint, options.writesPerSecond);
    const samples: Sample[] = [];
    for (let at = 0; at < options.seconds; at += options.sampleSeconds) {
      await sleep(options.sampleSeconds * 1_000);
      const sample = await server.sample();
      samples.push(sample);
      options.sampled?.(sample);
    }
    const { wrong } = await writers.finish();
    const { acknowledged, failed, visits } = writers;
    return { samples, acknowledged, failed, visits, wrong };
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
