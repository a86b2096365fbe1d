import { setTimeout as delay } from "node:timers/promises";
import { stolenBetween } from "../../cpu-steal.ts";
import { ownBootstrapMs, slownessOf } from "../../slowness.ts";
import { type Check, type Finding, ok, warn } from "../check.ts";
import type { Probe } from "../probe.ts";

const LOOK_MS = 1000;
/** As the alert has it. */
const MUCH_STOLEN = 0.1;
const WATCH = "combot monitor";

async function speed(probe: Probe): Promise<Finding> {
  const before = await probe.read("/proc/stat");
  await delay(LOOK_MS);
  const stolen = stolenBetween(before, await probe.read("/proc/stat"));
  return judgeSpeed(ownBootstrapMs(), stolen);
}

/** @param bootstrapMs what Node took to start. @param stolen share of the CPU time; null where it is not known. */
export function judgeSpeed(bootstrapMs: number, stolen: number | null): Finding {
  const slowness = slownessOf(bootstrapMs);
  const taken = stolen === null ? "" : `; the host took ${Math.round(stolen * 100)}% of the last second's CPU time`;
  const start = `Node started in ${Math.round(bootstrapMs)} ms, 20 to 40 are usual`;
  if (slowness > 1)
    return warn(`slow machine: ${start}; limits of time are ${slowness.toFixed(1)} times as long here${taken}`, WATCH);
  return (stolen ?? 0) >= MUCH_STOLEN ? warn(`${start}${taken}`, WATCH) : ok(`${start}${taken}`);
}

export const SPEED_CHECK: Check = {
  name: "speed",
  meaning:
    "How fast the machine is, by the time that Node took to start, and how much of its CPU time the host gives to others. On a slow machine the limits that find out what hangs are longer; REQUEST_TIMEOUT stays.",
  cause:
    "Emulated, or a burstable machine (t3) without CPU credits, or a busy host. Other work on the machine at this moment makes it look slow, too.",
  run: speed,
};
