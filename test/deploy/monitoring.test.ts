// The alerts and the dashboard: that they are well-formed, warn of what they are named after, and lead to advice.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { runTool, skipUnless } from "../support/tools.ts";
import { alerts, dashboard, dashboardQueries, deploy, document, root } from "./files.ts";

describe("every alert", () => {
  const handbook = readFileSync(join(root, "docs/operations.md"), "utf8");

  test.each(alerts())("$alert leads to its own paragraph in the handbook", ({ alert, annotations }) => {
    const anchor = alert.toLowerCase();
    expect(annotations.runbook_url).toBe(
      `https://github.com/corral-project/corral/blob/main/docs/operations.md#${anchor}`,
    );
    expect(handbook).toMatch(new RegExp(`^### ${alert}$`, "m"));
  });

  test("is critical or a warning, and says what happened in a line", () => {
    for (const { labels, annotations } of alerts()) {
      expect(["critical", "warning"]).toContain(labels.severity);
      expect(annotations.summary).toMatch(/^Corral /);
      expect(annotations.description).toMatch(/\.$/);
    }
  });

  test("fires in a test of its own", () => {
    const tests = readFileSync(join(deploy, "prometheus/alerts.test.yaml"), "utf8");
    const fired = [...tests.matchAll(/alertname="(\w+)", alertstate="firing"|- alertname: (\w+)/g)];
    const names = new Set(fired.map(([, inSample, inAlert]) => inSample ?? inAlert));
    expect([...names].sort()).toEqual(
      alerts()
        .map(({ alert }) => alert)
        .sort(),
    );
  });

  test("has no paragraph in the handbook that outlived it", () => {
    const paragraphs = [...handbook.matchAll(/^### (Corral\w+)$/gm)].map(([, name]) => name);
    expect(paragraphs).toEqual(alerts().map(({ alert }) => alert));
  });
});

describe("the dashboard", () => {
  const { panels, templating } = dashboard();

  test("lets its user choose the data source and the server", () => {
    expect(templating.list.map(({ name, type }) => `${type} ${name}`)).toEqual([
      "datasource datasource",
      "query job",
      "query instance",
    ]);
    for (const query of dashboardQueries()) {
      expect(query).toContain('job="$job"');
      expect(query).toContain('instance=~"$instance"');
    }
  });

  test("has panels with an id each, side by side on 24 columns", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.get(`${x},${y}`), `${title} covers another panel`).toBeUndefined();
          taken.set(`${x},${y}`, title);
        }
    }
  });
});

skipUnless("promtool")("promtool", () => {
  const promtool = (...args: string[]) => runTool("promtool", args, join(deploy, "prometheus"));

  test("finds no fault with the alerts", () => {
    promtool("check", "rules", "--lint=all", "--lint-fatal", "alerts.yaml");
  });

  test("finds that each fires when it should, and only then", () => {
    promtool("test", "rules", "alerts.test.yaml");
  });

  test("takes the configuration that scrapes a server and loads the alerts", () => {
    expect(document<{ rule_files: string[] }>("prometheus/prometheus.yaml").rule_files).toEqual([
      "alerts.yaml",
    ]);
    promtool("check", "config", "prometheus.yaml");
  });

  test("understands every query of the dashboard", () => {
    const folder = mkdtempSync(join(tmpdir(), "corral-dashboard-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const rules = dashboardQueries().map((query, index) => ({
      record: `query_${index}`,
      expr: query.replaceAll("$__rate_interval", "1m"),
    }));
    const file = join(folder, "queries.yaml");
    writeFileSync(file, stringify({ groups: [{ name: "dashboard", rules }] }));
    promtool("check", "rules", "--lint=none", file);
  });
});
