import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../client.ts";
import { messageOf } from "../errors.ts";
import type { PerfPlan } from "./plan.ts";
import type { LifecycleStep } from "../protocol/perf.ts";

type Step = LifecycleStep["step"];
type Perform = (client: Client, model: string | null) => Promise<number>;

const WAIT = { query: { wait: "true" } } as const;

/** In this order; each tells how long it took, in ms. */
const STEPS: readonly (readonly [Step, Perform])[] = [
  ["cleanup", async (client) => (await client.call("cleanup", { body: { level: "force" } })).durationMs],
  [
    "recycle",
    async (client) => {
      const { recycles } = await client.call("recycle", { body: {}, ...WAIT });
      const failed = recycles.find(({ error }) => error !== undefined);
      if (failed) throw new Error(failed.error);
      return Math.max(0, ...recycles.map(({ durationMs = 0 }) => durationMs));
    },
  ],
  ["unload", unloaded],
  ["load", loaded],
];

/** Under load the next text has started a worker before this call comes: what is told is the wait until all serve. */
async function loaded(client: Client, model: string | null): Promise<number> {
  const fromMs = performance.now();
  await (model === null
    ? client.call("modelLoad", WAIT)
    : client.call("namedLoad", { params: { name: model }, ...WAIT }));
  return performance.now() - fromMs;
}

async function unloaded(client: Client, model: string | null): Promise<number> {
  const { durationMs } = await (model === null
    ? client.call("modelUnload", WAIT)
    : client.call("namedUnload", { params: { name: model }, ...WAIT }));
  return durationMs;
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
    done.push(await timed(step, () => perform(client, model), (performance.now() - fromMs) / 1000));
  }
  return done;
}

async function timed(step: Step, perform: () => Promise<number>, atSeconds: number): Promise<LifecycleStep> {
  try {
    return { step, atSeconds, durationMs: await perform(), error: null };
  } catch (thrown) {
    return { step, atSeconds, durationMs: 0, error: messageOf(thrown) };
  }
}

/** @returns whether the run is over. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
  return signal.aborted;
}
