import { onTestFinished } from "vitest";
import type { Logger } from "../../src/ops/logger.ts";
import type { MetricsCompat } from "../../src/ops/metrics.ts";
import { startOpsServer } from "../../src/ops/ops-server.ts";
import type { Vitals } from "../../src/ops/vitals.ts";
import { parseExposition } from "./exposition.ts";

/** The port for operators of a server in this process. */
export class OpsPort {
  readonly port: number;
  readonly close: () => Promise<void>;

  static async open(vitals: Vitals, compat: MetricsCompat = "none"): Promise<OpsPort> {
    const server = await startOpsServer({ host: "127.0.0.1", port: 0, compat, vitals, log: silent });
    onTestFinished(() => server.close());
    return new OpsPort(server.port, () => server.close());
  }

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.close = close;
  }

  async get(path: string, init: RequestInit = {}): Promise<{ code: number; text: string; headers: Headers }> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, init);
    return { code: response.status, text: await response.text(), headers: response.headers };
  }

  /** The metrics, by the names and labels of their values. */
  async scrape(): Promise<Map<string, number>> {
    const { text } = await this.get("/metrics");
    return new Map([...parseExposition(text).values()].flatMap(({ samples }) => [...samples]));
  }
}

const ignore = () => {};
export const silent: Logger = {
  level: "info",
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
};
