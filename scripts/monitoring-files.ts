/** Writes the rules for Prometheus and the dashboard for Grafana; with --check, exits 1 where a file differs. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dashboardFile } from "./monitoring/dashboard.ts";
import { rulesFile } from "./monitoring/rules-file.ts";

const FILES = {
  "prometheus/combot-alerts.yml": rulesFile,
  "grafana/combot.json": dashboardFile,
};

async function main(isCheck: boolean): Promise<void> {
  for (const [name, make] of Object.entries(FILES)) {
    const path = fileURLToPath(new URL(`../templates/${name}`, import.meta.url));
    const made = await make();
    if (!isCheck) writeFileSync(path, made);
    else if (readFileSync(path, "utf8") !== made) {
      process.stderr.write(`templates/${name} differs from its table: node scripts/monitoring-files.ts\n`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) await main(process.argv.includes("--check"));
