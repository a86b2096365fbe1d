import { totalmem } from "node:os";
import { usableCores } from "../cores.ts";
import { SLOWNESS } from "../slowness.ts";
import type { Machine } from "./profiles.ts";

/** The cores this process may use, the machine's memory or its cgroup's tighter limit, and how slow it is. */
export function findMachine(): Machine {
  const limitBytes = process.constrainedMemory();
  const memoryBytes = limitBytes > 0 ? Math.min(limitBytes, totalmem()) : totalmem();
  return { cores: usableCores(), memoryBytes, slowness: SLOWNESS };
}
