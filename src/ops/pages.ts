import { expositionType } from "./exposition.ts";
import { checkOf, type Health, healthOf, type Probe } from "./health-checks.ts";
import { type Page, plain } from "./http-server.ts";
import { type MetricsCompat, scrape } from "./metrics.ts";
import type { ProcessFigures } from "./process-figures.ts";
import { statusOf } from "./status.ts";
import type { Vitals } from "./vitals.ts";

export interface PageSources {
  readonly vitals: Vitals;
  readonly process: ProcessFigures;
  readonly compat: MetricsCompat;
}

const overview = `Corral, for operators.

/livez    whether the process should be left alone: 200, or 503
/readyz   whether clients should be sent here: 200, or 503; ?verbose shows each check, and /readyz/CHECK is one of them
/metrics  for Prometheus
/status   what is known of the server, as JSON
`;

/** The pages, those that take some work made once for all who ask at the same time. */
export class Pages {
  readonly #sources: PageSources;
  readonly #making = new Map<string, Promise<Page>>();

  constructor(sources: PageSources) {
    this.#sources = sources;
  }

  /** The page at a path; undefined if there is none. */
  at(url: URL): Page | undefined | Promise<Page> {
    const [, first = "", second, ...more] = url.pathname.split("/");
    if (more.length > 0) return undefined;
    const { vitals, process, compat } = this.#sources;
    if (first === "livez" || first === "readyz") return probe(first, second, url, vitals);
    if (second !== undefined) return undefined;
    switch (first) {
      case "":
        return plain(200, overview);
      case "metrics":
        return this.#shared(first, async () => metricsPage(await scrape(vitals, process, compat)));
      case "status":
        return this.#shared(first, async () => json(await shownStatus(vitals)));
      default:
        return undefined;
    }
  }

  #shared(name: string, make: () => Promise<Page>): Promise<Page> {
    let making = this.#making.get(name);
    if (making === undefined) {
      making = make().finally(() => this.#making.delete(name));
      this.#making.set(name, making);
    }
    return making;
  }
}

function metricsPage(text: string): Page {
  return { ...plain(200, text), type: expositionType };
}

function probe(name: Probe, check: string | undefined, url: URL, vitals: Vitals): Page | undefined {
  const isVerbose = url.searchParams.has("verbose");
  const health = check === undefined ? healthOf(name, vitals, isVerbose) : checkOf(name, check, vitals);
  return health && healthPage(health);
}

function healthPage({ ok, text }: Health): Page {
  return plain(ok ? 200 : 503, text);
}

/** In the configuration's way of writing names. */
async function shownStatus(vitals: Vitals): Promise<object> {
  return { ...snakeCased(await statusOf(vitals)), settings: vitals.settings };
}

function snakeCased(value: object): object {
  const entries = Object.entries(value).map(([name, of]) => [snakeCase(name), snakeCasedValue(of)]);
  return Object.fromEntries(entries);
}

function snakeCasedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCasedValue);
  return typeof value === "object" && value !== null ? snakeCased(value) : value;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function json(value: object): Page {
  return {
    code: 200,
    type: "application/json; charset=utf-8",
    text: `${JSON.stringify(value, undefined, 2)}\n`,
  };
}
