import { frontMetrics, servingMetrics, startMetrics } from "./corral-metrics.ts";
import { expose } from "./exposition.ts";
import type { ProcessFigures } from "./process-figures.ts";
import { processMetrics } from "./process-metrics.ts";
import { rpcMetrics } from "./rpc-metrics.ts";
import { serverStatusOf } from "./status.ts";
import type { Vitals } from "./vitals.ts";
import { zookeeperMetrics } from "./zookeeper-metrics.ts";

/** Another server whose names the metrics have as well. */
export type MetricsCompat = "none" | "zookeeper";

/** All that is known now, as Prometheus reads it: while the server starts, that is less. */
export async function scrape(
  vitals: Vitals,
  processFigures: ProcessFigures,
  compat: MetricsCompat,
): Promise<string> {
  const { data, front } = vitals;
  const calls = [...vitals.calls.figures()];
  const process = await processFigures.read();
  let text = expose(startMetrics, vitals) + expose(processMetrics, process) + expose(rpcMetrics, calls);
  if (front !== undefined) text += expose(frontMetrics, front);
  if (data === undefined) return text;
  const serving = { ...data, vitals, process, status: await serverStatusOf(vitals, data) };
  text += expose(servingMetrics, serving);
  if (compat === "zookeeper") text += expose(zookeeperMetrics, { ...serving, calls, front });
  return text;
}
