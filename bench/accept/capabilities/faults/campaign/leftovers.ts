import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { toldOf } from "./processes.ts";
import type { Site } from "./site.ts";

const ENDED_MS = 5000;

/** Names below the state folder, numbers and digests taken out. */
export function namesIn(folder: string): Set<string> {
  if (!existsSync(folder)) return new Set();
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Set(names.map((name) => name.replaceAll(/[0-9a-f]{8,}|\d+/gu, "#")));
}

/** What a daemon that has stopped leaves beside what one leaves to which nothing happened. */
export async function leftovers(site: Site, usual: ReadonlySet<string>): Promise<string[]> {
  for (const until = performance.now() + ENDED_MS; performance.now() < until; await delay(50)) {
    if (site.cgroup.pids.length === 0) break;
  }
  const processes = [...site.cgroup.pids, ...site.oom.pids].map((pid) => `process ${toldOf(pid)}`);
  const sockets = [...namesIn(join(site.folder, "run"))].map((name) => `run/${name}`);
  const files = [...namesIn(site.state)].filter((name) => !usual.has(name)).map((name) => `state/${name}`);
  const temporary = [...namesIn(site.temporary)].map((name) => `tmp/${name}`);
  return [...processes, ...sockets, ...files, ...temporary];
}
