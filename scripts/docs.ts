import { spawnSync } from "node:child_process";

/** Writes every page that is made from code; with --check it says which differ and ends with 1. */
const MAKERS = [
  "scripts/settings-docs.ts",
  "scripts/errors-docs.ts",
  "scripts/doctor-docs.ts",
  "scripts/alerts-docs.ts",
  "scripts/readme-docs.ts",
];

let status = 0;
for (const maker of MAKERS) {
  const made = spawnSync(process.execPath, [maker, ...process.argv.slice(2)], { stdio: "inherit" });
  if (made.status !== 0) status = 1;
}
process.exitCode = status;
