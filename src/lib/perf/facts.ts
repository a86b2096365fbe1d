import { arch, cpus, release, totalmem } from "node:os";
import type { Client } from "../client.ts";
import { CombotError } from "../errors.ts";
import { gatherMachineFacts } from "../machine-facts/gather.ts";
import type { PerfReport } from "../protocol/perf.ts";
import { hangLimitMs } from "../slowness.ts";

/** What bears on speed and memory. */
const SETTINGS = [
  "COMBOT_PROFILE",
  "WORKERS",
  "MAX_USERS_PER_PROCESS",
  "MAX_REQUESTS",
  "QUEUE_MAX_TEXTS",
  "MODEL_IDLE_UNLOAD",
  "MAX_CACHE_SIZE",
  "CACHE_TTL",
  "REDIS_URL",
  "MEMORY_LIMIT",
];

const TIMEOUT_MS = hangLimitMs(5000);

/** Those that the daemon has in force; null where it does not let us ask. */
export async function readSettings(client: Client): Promise<Record<string, string> | null> {
  try {
    const { settings } = await client.call("config", { absenceMs: 0, timeoutMs: TIMEOUT_MS });
    const told = settings.filter(({ name }) => SETTINGS.includes(name)).map(({ name, value }) => [name, value]);
    return Object.fromEntries(told) as Record<string, string>;
  } catch (thrown) {
    if (thrown instanceof CombotError) return null;
    throw thrown;
  }
}

/** Null where the daemon gives none out: an earlier release, or the control socket is closed to us. */
export async function readMark(client: Client): Promise<string | null> {
  try {
    return (await client.call("testMark", { absenceMs: 0, timeoutMs: TIMEOUT_MS })).mark;
  } catch (thrown) {
    if (thrown instanceof CombotError) return null;
    throw thrown;
  }
}

/** The machine that this process runs on. */
export async function thisMachine(): Promise<PerfReport["machine"]> {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "",
    cores: all.length,
    memoryBytes: totalmem(),
    kernel: `${release()} ${arch()}`,
    facts: await gatherMachineFacts(),
  };
}
