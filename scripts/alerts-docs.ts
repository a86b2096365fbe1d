/** Writes docs/alerts.md from the table of rules; with --check, exits 1 where the file differs from it. */
import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { ALERT_RULES } from "../src/daemon/policy/alerts/rules.ts";
import { ALERTS } from "../src/lib/protocol/alerts.ts";
import type { AlertName } from "../src/lib/protocol/alerts.ts";
import { promDuration, thresholdsBy } from "./support/alert-defaults.ts";

const PAGE = new URL("../docs/alerts.md", import.meta.url);

/** A value other than its default, for each setting that alerts go by. */
const OTHERS = {
  MEMORY_WARNING: "0.7",
  MEMORY_FORCE_CLEANUP: "0.91",
  CRITICAL_MEMORY_USAGE: "0.96",
  MODEL_LOAD_TIMEOUT: "77",
  ALERT_ERROR_RATE: "0.5",
  ALERT_CRASHES: "9",
  ALERT_DRIFT: "7",
  ALERT_WINDOW: "77",
  ALERT_HIT_RATE: "0.1",
  ALERT_EXPIRED: "0.9",
  ALERT_CACHE_WINDOW: "77",
  ALERT_REDIS_MEMORY: "0.1",
  ALERT_DISK_FREE: "0.5",
  ALERT_AFTER: "7",
} as const;

const HEAD = `# Alerts

<!-- Written by scripts/alerts-docs.ts from src/daemon/policy/alerts/: change it there. -->

The daemon judges itself once a second. An alert fires when what it measures has been past its threshold for its time,
is told once, told again after four hours if it still fires, and resolves by itself; memory, the hit rate and the disk
resolve only a little further off than where they fired. Recycling at its limits of users, requests and uptime is no
alert.

## Where it is told

- The log: one line when it fires, at the priority of its severity (warning, error, critical), and one at info when it
  resolves. \`combot logs\` shows them.
- \`combot status\`, \`combot monitor\`, \`GET /api/alerts/\` (what fires, and the last 100 that resolved) and \`GET
  /api/events/\`.
- A webhook: \`ALERT_WEBHOOK_URL_FILE\` names a file with its URL, https, or http to this machine. Alerts that fire together are one
  post: \`{at, alert, severity, state, measured, threshold, host, summary, help}\` of the gravest, the rest in \`others\`;
  with \`ALERT_WEBHOOK_FORMAT=slack\` a \`{text}\` with a line for each. A post has 5 s, is not redirected, and is tried
  three times, then once a minute; up to 100 alerts wait meanwhile, and \`GET /api/alerts/\` counts those that wait or were dropped.
- Prometheus: \`combot_alert_firing\` is 1 for each that fires, \`combot_alert_threshold\` says from where it would.

All thresholds below are the defaults. A reload (\`systemctl reload combot-enhanced\`) changes them at once;
[settings.md](settings.md) has their ranges.

`;

/** The whole page, formatted as prettier would. */
export function alertsPage(): Promise<string> {
  const rows = ALERTS.map((name) => {
    const { severity, summary } = ALERT_RULES[name];
    return `| [\`${name}\`](#${name}) | ${severity} | ${summary} |\n`;
  });
  const table = `| alert | severity | meaning |\n| --- | --- | --- |\n${rows.join("")}`;
  return format(`${HEAD}${table}\n${ALERTS.map(section).join("\n")}`, { parser: "markdown", printWidth: 120 });
}

function section(name: AlertName): string {
  const { summary, cause, help } = ALERT_RULES[name];
  const settings = settingsOf(name);
  const told = settings.length === 0 ? "" : `\n- Settings: ${settings.map((setting) => `\`${setting}\``).join(", ")}.`;
  return `## ${name}\n\n${summary}\n\n- Fires: ${firesWhen(name)}.\n- Cause: ${cause}\n- What to do: ${help}${told}\n`;
}

function firesWhen(name: AlertName): string {
  const { measures, below, slack, ...rule } = ALERT_RULES[name];
  const thresholds = thresholdsBy();
  const [forMs, windowMs] = [rule.forMs(thresholds), rule.windowMs(thresholds)];
  const threshold = rule.threshold(thresholds);
  return [
    measures,
    measures.startsWith("while") ? "" : `, ${below ? "under" : "at"} ${threshold}${below ? "" : " or over"}`,
    windowMs > 0 ? `, over the last ${promDuration(windowMs)}` : "",
    forMs > 0 ? `, for ${promDuration(forMs)}` : "",
    slack === undefined ? "" : `; resolves at ${Math.round((threshold + (below ? slack : -slack)) * 100) / 100}`,
  ].join("");
}

/** Those that change when it fires. */
function settingsOf(name: AlertName): string[] {
  const figures = (env: Readonly<Record<string, string>>): string => {
    const { forMs, windowMs, threshold } = ALERT_RULES[name];
    const thresholds = thresholdsBy(env);
    return JSON.stringify([forMs(thresholds), windowMs(thresholds), threshold(thresholds)]);
  };
  return Object.entries(OTHERS).flatMap(([setting, value]) =>
    figures({ [setting]: value }) === figures({}) ? [] : [setting],
  );
}

async function main(isCheck: boolean): Promise<void> {
  const page = await alertsPage();
  if (!isCheck) return writeFileSync(PAGE, page);
  if (readFileSync(PAGE, "utf8") === page) return;
  process.stderr.write("docs/alerts.md differs from the table of rules: node scripts/alerts-docs.ts\n");
  process.exitCode = 1;
}

if (import.meta.main) await main(process.argv.includes("--check"));
