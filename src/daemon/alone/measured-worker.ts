import type { MeasuredBatch, MeasuredThreads } from "../../lib/protocol/plan.ts";
import type { ServedModel } from "../model/served-model.ts";
import { joinTexts } from "../workers/texts.ts";
import type { WorkerProcess } from "../workers/worker-process.ts";

/** A batch is run so often, or for so long, whichever is more; and no more often than that. */
const LEAST_RUNS = 7;
const LEAST_MS = 250;
const MOST_RUNS = 60;
/** What batches cost depends little on the length beside the number of tokens: so many lengths are enough. */
const LENGTHS = [0, 0.25, 0.5, 0.75, 0.95, 1];
const SIZES = [1, 2, 4, 8];
const MOST_PADDED = 2048;

/** The lengths that texts have, from the shortest to the longest. */
export function lengthsOf(tokens: readonly number[]): number[] {
  const sorted = tokens.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 1;
  return [...new Set(LENGTHS.map(at))];
}

export interface GridAsked {
  readonly model: ServedModel;
  readonly lengths: readonly number[];
  /** Texts may share a batch. */
  readonly isBatched: boolean;
  readonly onStep: (done: number, of: number) => void;
  readonly signal: AbortSignal;
}

/** What batches of each size and length take in a worker that has the processors to itself. */
export async function measureGrid(
  worker: WorkerProcess,
  { model, lengths, isBatched, onStep, signal }: GridAsked,
): Promise<Pick<MeasuredThreads, "grid" | "noise">> {
  const sizes = isBatched ? SIZES : [1];
  const cells = sizes.flatMap((texts) => lengths.map((tokens) => ({ texts, tokens })));
  const wanted = cells.filter(({ texts, tokens }) => texts === 1 || texts * tokens <= MOST_PADDED);
  const grid: MeasuredBatch[] = [];
  const noise: number[] = [];
  for (const { texts, tokens } of wanted) {
    signal.throwIfAborted();
    onStep(grid.length, wanted.length);
    const times = await timesOf(worker, model, texts, tokens);
    const ms = medianOf(times);
    grid.push({ texts, tokens, ms });
    noise.push(...times.map((one) => one / ms));
  }
  return { grid, noise };
}

/** How much longer a batch takes while as many workers run one, against when one alone does. */
export async function measureCrowding(
  workers: readonly WorkerProcess[],
  model: ServedModel,
  texts: number,
  tokens: number,
): Promise<MeasuredThreads["crowding"]> {
  const alone = medianOf(await timesOf(workers[0]!, model, texts, tokens));
  const crowding = [{ running: 1, factor: 1 }];
  for (let running = 2; running <= workers.length; running++) {
    const all = await Promise.all(workers.slice(0, running).map((worker) => timesOf(worker, model, texts, tokens)));
    // One after another they would take no longer: what goes beyond that is somebody else's.
    crowding.push({ running, factor: Math.min(running, Math.max(1, medianOf(all.flat()) / alone)) });
  }
  return crowding;
}

async function timesOf(worker: WorkerProcess, model: ServedModel, texts: number, tokens: number): Promise<number[]> {
  const { probe } = model;
  const ids = Int32Array.from({ length: tokens }, (_, at) => probe[at % probe.length] ?? 0);
  const batch = joinTexts(Array.from({ length: texts }, () => ({ ids })));
  // The first of a new shape allocates.
  await worker.run(batch);
  const times: number[] = [];
  const from = performance.now();
  while (times.length < MOST_RUNS && (times.length < LEAST_RUNS || performance.now() - from < LEAST_MS)) {
    const beganAt = performance.now();
    await worker.run(batch);
    times.push(performance.now() - beganAt);
  }
  return times;
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
