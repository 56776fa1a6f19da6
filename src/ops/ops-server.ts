import { HttpServer } from "./http-server.ts";
import type { Logger } from "./logger.ts";
import type { MetricsCompat } from "./metrics.ts";
import { Pages } from "./pages.ts";
import { ProcessFigures } from "./process-figures.ts";
import type { Vitals } from "./vitals.ts";

export interface OpsServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly compat: MetricsCompat;
  readonly vitals: Vitals;
  readonly log: Logger;
}

/** The port for operators: open before the data are loaded, and until everything else has ended. */
export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws ListenError */
export async function startOpsServer({ vitals, compat, ...options }: OpsServerOptions): Promise<OpsServer> {
  const process = new ProcessFigures(vitals.clock);
  const pages = new Pages({ vitals, process, compat });
  try {
    const http = await HttpServer.listen({ ...options, pageAt: (url) => pages.at(url) });
    return {
      port: http.port,
      async close() {
        process.stop();
        await http.close();
      },
    };
  } catch (error) {
    process.stop();
    throw error;
  }
}
