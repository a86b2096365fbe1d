import type { PerfPlan } from "../plan.ts";
import { reachableHitRate } from "./reachable.ts";
import type { Targets } from "./targets.ts";

export interface CacheFacts {
  /** Without Redis. */
  readonly isMemoryAlone: boolean;
  /** Of the memory tier; null where it is not known. */
  readonly entries: number | null;
}

/** Workers that are replaced take what they computed out of memory, and equal texts that are under way are no hits. */
const OF_REACHABLE = 0.9;

/**
 * The targets as these settings can meet them: the memory tier alone is a hundred texts by default, and no test of 3,000
 * finds four out of five of them there.
 *
 * @returns with what to say of it; null where nothing was changed.
 */
export function fittedTargets(
  targets: Targets,
  plan: Pick<PerfPlan, "texts" | "targets">,
  { isMemoryAlone, entries }: CacheFacts,
  asked: number,
): { readonly targets: Targets; readonly detail: string | null } {
  const usual = targets.get("hit-rate");
  const isOwn = plan.targets.some(([name]) => name === "hit-rate");
  if (usual === undefined || isOwn || !isMemoryAlone || entries === null || asked === 0)
    return { targets, detail: null };
  const { texts, weights = texts.map((_, rank) => 1 / (rank + 1)) } = plan.texts;
  const reachable = reachableHitRate(weights, asked, entries);
  const limit = Math.min(usual, Math.round(OF_REACHABLE * reachable * 100) / 100);
  if (limit >= usual) return { targets, detail: null };
  const detail = `without Redis ${entries} texts in memory can answer ${Math.round(reachable * 100)}%`;
  return { targets: new Map([...targets, ["hit-rate", limit]]), detail };
}
