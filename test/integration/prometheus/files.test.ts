import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ALERT_RULES } from "../../../src/daemon/policy/alerts/rules.ts";
import { ALERTS } from "../../../src/lib/protocol/alerts.ts";
import { promNameOf } from "../../../scripts/monitoring/rules-file.ts";
import { thresholdsBy } from "../../../scripts/support/alert-defaults.ts";
import { promtool, yamlFile } from "../../support/promtool.ts";
import { FIRING, HEALTHY } from "./support/series.ts";

const RULES = fileURLToPath(new URL("../../../templates/prometheus/combot-alerts.yml", import.meta.url));
const DASHBOARD = new URL("../../../templates/grafana/combot.json", import.meta.url);
const DOCS = new URL("../../../docs/prometheus.md", import.meta.url);
const ONE = 'instance="a:1",job="combot"';

interface Target {
  readonly expr: string;
}

test("promtool takes the rules: one for each alert, and one for a daemon that is gone", async () => {
  expect(await promtool("check", "rules", RULES)).toContain(`SUCCESS: ${ALERTS.length + 1} rules found`);
});

test("each rule fires on what it is for, alone, and none on a healthy daemon", async () => {
  const thresholds = Object.fromEntries(
    ALERTS.map((alert) => [
      `combot_alert_threshold{alert="${alert}"}`,
      `${ALERT_RULES[alert].threshold(thresholdsBy())}x120`,
    ]),
  );
  const firing = 'count by (alertname) (ALERTS{alertstate="firing"})';
  const healthy = { ...HEALTHY, ...thresholds };
  const cases = [
    { name: "healthy", series: healthy, fires: [] },
    { name: "gone", series: { up: "0x120" }, fires: ["CombotDown"] },
    ...ALERTS.map((alert) => ({
      name: alert,
      series: { ...healthy, ...FIRING[alert].series },
      fires: [alert, ...(FIRING[alert].also ?? [])].map(promNameOf),
    })),
  ];
  const tests = cases.map(({ name, series, fires }) => ({
    name,
    interval: "15s",
    input_series: Object.entries(series).map(([metric, values]) => ({ series: seriesOf(metric), values })),
    promql_expr_test: [
      {
        expr: firing,
        eval_time: "25m",
        exp_samples: fires.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
      },
    ],
  }));
  const file = yamlFile("tests.yml", { rule_files: [RULES], evaluation_interval: "15s", tests });
  expect(await promtool("test", "rules", file)).toContain("SUCCESS");
});

test("promtool takes the dashboard's queries", async () => {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, "utf8")) as { panels: { targets?: Target[] }[] };
  const exprs = panels.flatMap(({ targets = [] }) => targets).map(({ expr }) => expr);
  expect(exprs.length).toBeGreaterThan(30);
  const filled = exprs.map((expr) => expr.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*"));
  expect(filled.join()).not.toContain("$");
  const rules = filled.map((expr, index) => ({ record: `panel:query${index}`, expr }));
  const file = yamlFile("panels.yml", { groups: [{ name: "panels", rules }] });
  expect(await promtool("check", "rules", file)).toContain(`SUCCESS: ${rules.length} rules found`);
});

test("promtool takes the configuration in the docs", async () => {
  const yaml = /```yaml\n([^`]+)```/.exec(readFileSync(DOCS, "utf8"))?.[1] ?? "";
  const token = yamlFile("token", "x".repeat(40));
  const config = yaml
    .replace("/etc/prometheus/combot-alerts.yml", RULES)
    .replace("/etc/prometheus/combot-token", token);
  expect(await promtool("check", "config", yamlFile("prometheus.yml", config))).toContain("1 rule files found");
});

function seriesOf(metric: string): string {
  return metric.includes("{") ? metric.replace("}", `,${ONE}}`) : `${metric}{${ONE}}`;
}
