import { format } from "prettier";
import { ALERT_RULES } from "../../src/daemon/policy/alerts/rules.ts";
import { ALERTS } from "../../src/lib/protocol/alerts.ts";
import type { AlertName } from "../../src/lib/protocol/alerts.ts";
import { promDuration, thresholdsBy } from "../support/alert-defaults.ts";

const HEAD = `# Alerts of combot for Prometheus, written by scripts/monitoring-files.ts from the table that the daemon judges by.
# Thresholds are the daemon's own (combot_alert_threshold), so its settings count here too. See combot docs prometheus.
`;

/** The one that the daemon can't tell of itself. */
const DOWN = rule("CombotDown", 'up{job="combot"} == 0', "1m", "critical", {
  summary: "combot does not answer.",
  description: "The daemon has stopped, or the network, the proxy or the token keeps Prometheus out.",
  action: "systemctl status combot-enhanced; combot logs; combot doctor.",
});

/** templates/prometheus/combot-alerts.yml, formatted as prettier would. */
export function rulesFile(): Promise<string> {
  const rules = [DOWN, ...ALERTS.map(ruleOf)].join("\n");
  return format(`${HEAD}groups:\n  - name: combot\n    rules:\n${rules}`, { parser: "yaml", printWidth: 120 });
}

/** `memory-warning` is `CombotMemoryWarning`, as Prometheus's own alerts are written. */
export function promNameOf(alert: AlertName): string {
  return `Combot${alert.replace(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase())}`;
}

function ruleOf(alert: AlertName): string {
  const { severity, summary, cause, help, measures, below, ...row } = ALERT_RULES[alert];
  const thresholds = thresholdsBy();
  const measured = row.promql(promDuration(row.windowMs(thresholds)));
  const expr = `${measured} ${below ? "<" : ">="} on (job, instance) combot_alert_threshold{alert="${alert}"}`;
  const isFlag = measures.startsWith("while");
  const figure = isFlag ? "" : ` Measured: {{ $value | humanize }} (${measures}).`;
  const page = `combot docs alerts#${alert}`;
  const annotations = { summary, description: `${cause}${figure}`, action: help, page };
  return rule(promNameOf(alert), expr, promDuration(row.forMs(thresholds)), severity, annotations);
}

function rule(
  name: string,
  expr: string,
  lasting: string,
  severity: string,
  annotations: Readonly<Record<string, string>>,
): string {
  const lines = [
    `      - alert: ${name}`,
    `        expr: ${JSON.stringify(expr)}`,
    ...(lasting === "0s" ? [] : [`        for: ${lasting}`]),
    `        labels: { severity: ${severity} }`,
    "        annotations:",
    ...Object.entries(annotations).map(([key, text]) => `          ${key}: ${JSON.stringify(text)}`),
  ];
  return lines.join("\n");
}
