import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { MIB } from "../../../../src/lib/units.ts";

/** Whether this machine lets us make a cgroup and give it a limit: root, and a memory controller that can be had. */
export const hasCgroups = canLimit();

function canLimit(): boolean {
  try {
    const cgroup = new MemoryCgroup("combot-try");
    try {
      cgroup.limitBytes = 64 * MIB;
      return true;
    } finally {
      cgroup.remove();
    }
  } catch {
    return false;
  }
}

/** Gone when the test ends, after the processes that it starts later. */
export function limitedCgroup(limitBytes: number, name = "combot-memory"): MemoryCgroup {
  const cgroup = new MemoryCgroup(name);
  onTestFinished(() => removeOnceEmpty(cgroup));
  cgroup.limitBytes = limitBytes;
  return cgroup;
}

export function cgroupInside(outer: MemoryCgroup, limitBytes: number): MemoryCgroup {
  // v2 gives a controller to the cgroups inside only when told.
  const control = join(outer.path, "cgroup.subtree_control");
  if (existsSync(control)) writeFileSync(control, "+memory");
  return limitedCgroup(limitBytes, `${basename(outer.path)}/inner`);
}

/** A process leaves its cgroup a moment after its parent has learnt of its end. */
async function removeOnceEmpty(cgroup: MemoryCgroup): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return cgroup.remove();
    } catch (error) {
      if (tries === 100) throw error;
      await delay(20);
    }
  }
}
