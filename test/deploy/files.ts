// What the tests of deploy/ read.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const deploy = join(root, "deploy");

/** A file of deploy/, as text. */
export function read(name: string): string {
  return readFileSync(join(deploy, name), "utf8");
}

/** Every document of a YAML file of deploy/. Throws when one is malformed, or names a key twice. */
export function documents<T>(name: string): T[] {
  return parseAllDocuments(read(name)).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

/** The only document of a YAML file of deploy/. */
export function document<T>(name: string): T {
  const [first, ...others] = documents<T>(name);
  if (first === undefined || others.length > 0) throw new Error(`${name} is not one document`);
  return first;
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

export function alerts(): Alert[] {
  const { groups } = document<{ groups: { rules: Alert[] }[] }>("prometheus/alerts.yaml");
  return groups.flatMap(({ rules }) => rules);
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}

export function dashboard(): Dashboard {
  return JSON.parse(read("grafana/corral.json"));
}

/** What the dashboard asks Prometheus for, panel by panel. */
export function dashboardQueries(): string[] {
  const { panels, annotations } = dashboard();
  return [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...annotations.list.map(({ expr }) => expr),
  ];
}
