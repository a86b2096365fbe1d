import { TEST_HEADER } from "../protocol/load-test.ts";
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
  /** Its calls count as anybody's. */
  readonly asLive: boolean;
  /** What the daemon knows its calls by as a test's; null where they can't be marked, or are not to be. */
  readonly mark: string | null;
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
  /** What ends the run as soon as it is missed. */
  readonly abortOn: readonly TargetChange[];
  /** Null: a single load. */
  readonly search: SearchPlan | null;
  /** In words, where the rate changes over time. */
  readonly stages: string | null;
  readonly seed: number;
}

/** Of --find-max. */
export interface SearchPlan {
  readonly perUserPerMinute: number;
  /** Three windows. */
  readonly stepSeconds: number;
  readonly repeats: number;
  readonly startPerSecond: number;
  readonly mostPerSecond: number;
}

const PATH = "/api/classify/";

/** The plan's load as the report names it, and as a baseline must have had it. */
export function loadOf(plan: PerfPlan): LoadPlan {
  const { address, concurrency, open, users, texts, isUnique, seed } = plan;
  return {
    loop: open ? "open" : "closed",
    concurrency,
    ratePerSecond: open && !open.profile ? open.ratePerSecond : null,
    arrivals: open?.arrivals ?? null,
    connections: open?.connections ?? null,
    users,
    texts: { source: texts.source, count: texts.texts.length, digest: texts.digest, unique: isUnique },
    transport: "path" in address ? "unix" : "tcp",
    seed,
    marked: plan.mark !== null,
    ...(plan.stages !== null && { stages: plan.stages }),
  };
}

export function orderOf(plan: PerfPlan): LoadOrder {
  const { address, concurrency, open, users, texts, isUnique, model } = plan;
  const { warmUpSeconds, seconds, requests, timeoutSeconds, seed } = plan;
  const asked = { texts: texts.texts, weights: texts.weights, isUnique, model, users };
  const lasting = { warmUpSeconds, seconds, requests, timeoutMs: timeoutSeconds * 1000 };
  const headers = plan.mark === null ? plan.headers : `${plan.headers}${TEST_HEADER}: ${plan.mark}\r\n`;
  return { address, path: PATH, headers, concurrency, open, ...asked, ...lasting, seed };
}
