import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Not among combot's own dependencies: it is needed here alone. */
const BENCH = fileURLToPath(new URL("..", import.meta.url));
const PM2 = `${BENCH}node_modules/pm2`;

/** Installs what bench/package-lock.json names, where it isn't there yet. */
export function installPm2(say: (progress: string) => void): void {
  if (existsSync(PM2)) return;
  say("installing pm2 in bench/");
  const args = ["ci", "--prefix", BENCH, "--no-audit", "--no-fund"];
  execFileSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
}

/** Path of its program. */
export function findPm2(): string {
  return `${PM2}/bin/pm2`;
}

/** Empty where it isn't installed. */
export function pm2Version(): string {
  if (!existsSync(PM2)) return "";
  return (JSON.parse(readFileSync(`${PM2}/package.json`, "utf8")) as { version: string }).version;
}
