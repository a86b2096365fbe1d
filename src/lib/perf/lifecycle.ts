import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../client.ts";
import { messageOf } from "../errors.ts";
import type { PerfPlan } from "./plan.ts";
import type { LifecycleStep } from "../protocol/perf.ts";

type Step = LifecycleStep["step"];
/** How long it took, in ms; or why there was nothing to do, and so nothing to measure. */
type Took = number | { readonly idle: string };
type Perform = (client: Client, model: string | null, done: readonly LifecycleStep[]) => Promise<Took>;

const NO_WORKER = "no worker ran: every answer came out of the cache";

const WAIT = { query: { wait: "true" } } as const;

/** In this order. */
const STEPS: readonly (readonly [Step, Perform])[] = [
  ["cleanup", async (client) => (await client.call("cleanup", { body: { level: "force" } })).durationMs],
  [
    "recycle",
    async (client) => {
      const { recycles } = await client.call("recycle", { body: {}, ...WAIT });
      const failed = recycles.find(({ error }) => error !== undefined);
      if (failed) throw new Error(failed.error);
      if (recycles.length === 0) return { idle: NO_WORKER };
      return Math.max(0, ...recycles.map(({ durationMs = 0 }) => durationMs));
    },
  ],
  ["unload", unloaded],
  ["load", loaded],
];

/** Under load the next text has started a worker before this call comes: what is told is the wait until all serve. */
async function loaded(client: Client, model: string | null, done: readonly LifecycleStep[]): Promise<Took> {
  const fromMs = performance.now();
  const { started } = await (model === null
    ? client.call("modelLoad", WAIT)
    : client.call("namedLoad", { params: { name: model }, ...WAIT }));
  const isUnloaded = done.some(({ step, idle, error }) => step === "unload" && error === null && !idle);
  if (started.length === 0 && !isUnloaded) return { idle: "every worker had it loaded" };
  return performance.now() - fromMs;
}

async function unloaded(client: Client, model: string | null): Promise<Took> {
  const { stopped, durationMs } = await (model === null
    ? client.call("modelUnload", WAIT)
    : client.call("namedUnload", { params: { name: model }, ...WAIT }));
  return stopped.length === 0 ? { idle: NO_WORKER } : durationMs;
}

/** Cleanup, recycle, unload and load, one after another, spread over the run. A step that fails is told and the next tried. */
export async function runLifecycle(
  client: Client,
  { seconds, model }: Pick<PerfPlan, "seconds" | "model">,
  signal: AbortSignal,
): Promise<LifecycleStep[]> {
  const fromMs = performance.now();
  const done: LifecycleStep[] = [];
  for (const [index, [step, perform]] of STEPS.entries()) {
    // The load follows the unload at once: it is the unload that is timed under load.
    const dueMs = step === "load" ? 0 : (seconds * 1000 * (index + 1)) / (STEPS.length + 1);
    const isOver = await pause(fromMs + dueMs - performance.now(), signal);
    if (isOver) break;
    done.push(await timed(step, () => perform(client, model, done), (performance.now() - fromMs) / 1000));
  }
  return done;
}

async function timed(step: Step, perform: () => Promise<Took>, atSeconds: number): Promise<LifecycleStep> {
  try {
    const took = await perform();
    if (typeof took === "number") return { step, atSeconds, durationMs: took, error: null };
    return { step, atSeconds, durationMs: 0, error: null, idle: took.idle };
  } catch (thrown) {
    return { step, atSeconds, durationMs: 0, error: messageOf(thrown) };
  }
}

/** @returns whether the run is over. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
  return signal.aborted;
}
