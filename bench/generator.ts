import { runGenerator } from "../src/lib/perf/load/generator-child.ts";
import type { LoadOrder } from "../src/lib/perf/load/order.ts";
import { summarise } from "../src/lib/perf/summary.ts";
import type { LoadSummary } from "../src/lib/perf/summary.ts";
import { bundledTexts } from "../src/lib/perf/texts.ts";

const CLIENTS = 50;
const TIMEOUT_MS = 30_000;

/**
 * combot's own load generator, a closed loop of 50 with the bundled questions unless told otherwise.
 *
 * @param order with `until`: aborted when no further request is to be begun.
 */
export async function runLoad(
  order: Partial<LoadOrder> & Pick<LoadOrder, "address" | "seconds"> & { readonly until?: AbortSignal },
  signal: AbortSignal,
): Promise<LoadSummary> {
  const { until, ...rest } = order;
  const whole: LoadOrder = {
    path: "/api/classify/",
    headers: "",
    texts: bundledTexts().texts,
    isUnique: false,
    users: 0,
    concurrency: CLIENTS,
    open: null,
    warmUpSeconds: 2,
    requests: null,
    timeoutMs: TIMEOUT_MS,
    seed: 1,
    ...rest,
  };
  return summarise(await runGenerator(whole, { until }, signal), whole.open !== null);
}
