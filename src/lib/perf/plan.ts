import type { LoadPlan } from "../protocol/perf.ts";
import type { Address } from "./load/address.ts";
import type { LoadOrder, OpenLoad } from "./load/order.ts";
import type { TextSet } from "./texts.ts";
import type { TargetChange } from "./verdict/targets.ts";

/** What a run is to do. */
export interface PerfPlan {
  readonly address: Address;
  /** Further headers of every request, each ended by CRLF. */
  readonly headers: string;
  readonly concurrency: number;
  readonly open: OpenLoad | null;
  readonly users: number;
  readonly texts: TextSet;
  readonly isUnique: boolean;
  /** That is asked, by its name; null: the default one. */
  readonly model: string | null;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly requests: number | null;
  readonly timeoutSeconds: number;
  readonly lifecycle: boolean;
  readonly targets: readonly TargetChange[];
  readonly seed: number;
}

const PATH = "/api/classify/";

/** The plan's load as the report names it, and as a baseline must have had it. */
export function loadOf(plan: PerfPlan): LoadPlan {
  const { address, concurrency, open, users, texts, isUnique, seed } = plan;
  return {
    loop: open ? "open" : "closed",
    concurrency,
    ratePerSecond: open?.ratePerSecond ?? null,
    arrivals: open?.arrivals ?? null,
    connections: open?.connections ?? null,
    users,
    texts: { source: texts.source, count: texts.texts.length, digest: texts.digest, unique: isUnique },
    transport: "path" in address ? "unix" : "tcp",
    seed,
  };
}

export function orderOf(plan: PerfPlan): LoadOrder {
  const { texts, timeoutSeconds, targets: _targets, lifecycle: _lifecycle, ...rest } = plan;
  return { ...rest, path: PATH, texts: texts.texts, timeoutMs: timeoutSeconds * 1000 };
}
