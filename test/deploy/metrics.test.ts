// The dashboard and the alerts against a real server: whatever they ask for, it tells.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { alerts, dashboardQueries, root } from "./files.ts";
import { freePort, running, settingsFile, temporaryFolder } from "./running-server.ts";

/** The metrics of a server. */
interface Scrape {
  /** Counter, gauge or histogram, by name. */
  readonly types: ReadonlyMap<string, string>;
  /** Each series, as name and labels. */
  readonly series: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
}

/** What a query asks for: a metric, with the conditions on its labels. */
interface Selector {
  readonly name: string;
  readonly conditions: readonly {
    readonly label: string;
    readonly operator: string;
    readonly value: string;
  }[];
}

/** An alarm has series while it is raised, a reason or a code once it has occurred. */
const appearsLater = ["corral_alarm", "corral_writes_refused_total", "grpc_server_handled_total"];

/** Labels that come from Prometheus. */
const added = ["job", "instance"];

test("a real server tells every metric that the alerts and the dashboard ask for, as they ask for it", async () => {
  const { types, series } = await scrape();
  const queries = [...alerts().map(({ expr }) => expr), ...dashboardQueries()];
  const selectors = queries.flatMap(selectorsOf);
  expect(selectors.length).toBeGreaterThan(70);

  const unknown = selectors.map(({ name }) => name).filter((name) => !types.has(family(name, types)));
  expect(unknown).toEqual([]);
  const empty = selectors.filter(
    (selector) => !appearsLater.includes(selector.name) && !series.some((one) => fits(one, selector)),
  );
  expect(empty).toEqual([]);

  for (const query of queries) {
    for (const [, name = ""] of query.matchAll(/\b(?:rate|increase)\((\w+)/g))
      expect(types.get(family(name, types)), name).toMatch(/^(counter|histogram)$/);
    for (const [, name = ""] of query.matchAll(/(\w+)_bucket\b/g))
      expect(types.get(name), name).toBe("histogram");
  }
});

async function scrape(): Promise<Scrape> {
  const folder = temporaryFolder();
  const http = await freePort();
  const config = settingsFile("docker/corral.toml", folder, { http });
  const main = join(root, "src/cli/main.ts");
  const env = { TMPDIR: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const server = await running([process.execPath, main, "serve", "--config", config], { env });
  // A method has figures once somebody has called it.
  const args = [main, "create", "/sl", "20", "--endpoint", server.address.replace("0.0.0.0", "127.0.0.1")];
  expect(spawnSync(process.execPath, args, { env }).status).toBe(0);
  const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
  expect(await server.stop()).toBe(0);
  return {
    types: new Map(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]),
    ),
    series: [...text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)].map(([, name = "", labels = ""]) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", value = ""]) => [label, value]),
      ),
    })),
  };
}

function selectorsOf(query: string): Selector[] {
  const ours = /\b((?:corral|grpc_server|process|nodejs)_\w+)(?:\{([^}]*)\})?/g;
  return [...query.matchAll(ours)].map(([, name = "", conditions = ""]) => ({
    name,
    conditions: [...conditions.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
      ([, label = "", operator = "", value = ""]) => ({ label, operator, value }),
    ),
  }));
}

/** Whether a series is one that is asked for. Of a label with any other condition than "=", it is enough to be there. */
function fits(one: Scrape["series"][number], { name, conditions }: Selector): boolean {
  if (one.name !== name) return false;
  return conditions.every(({ label, operator, value }) => {
    if (added.includes(label)) return true;
    return operator === "=" ? one.labels[label] === value : label in one.labels;
  });
}

/** The name of a metric, without what the series of a histogram have at their end. */
function family(name: string, types: ReadonlyMap<string, string>): string {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return types.get(base) === "histogram" ? base : name;
}
