import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { FloorOrder, FloorTally } from "./floor.ts";

/** The model alone: batches that were made beforehand, one after another, in slices of each batch size in turn. */
type Feeds = Record<string, Tensor>;

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
const WARM_UP_RUNS = 6;

const order = JSON.parse(process.argv[2] ?? "") as FloorOrder;
const session = await InferenceSession.create(order.modelPath, { intraOpNumThreads: 1 });
const rows = (JSON.parse(readFileSync(order.idsFile, "utf8")) as readonly (readonly number[])[])
  .toSorted((a, b) => a.length - b.length)
  .filter((_, at) => at % order.processes === order.index);
const batches = new Map(order.batchSizes.map((size) => [size, batchesOf(size)]));
const tallies = new Map(order.batchSizes.map((size) => [size, { texts: 0, seconds: 0, runs: 0 }]));

/** Neighbours in length share a batch, so that next to nothing is padding. */
function batchesOf(size: number): { feeds: Feeds; texts: number }[] {
  return Array.from({ length: Math.floor(rows.length / size) }, (_, at) => {
    return { feeds: feedsOf(rows.slice(at * size, (at + 1) * size)), texts: size };
  });
}

function feedsOf(batch: readonly (readonly number[])[]): Feeds {
  const longest = Math.max(...batch.map(({ length }) => length));
  const dims = [batch.length, longest];
  const ids = new BigInt64Array(batch.length * longest).fill(BigInt(order.padId));
  const mask = new BigInt64Array(ids.length);
  for (const [row, tokens] of batch.entries()) {
    ids.set(tokens.map(BigInt), row * longest);
    mask.fill(1n, row * longest, row * longest + tokens.length);
  }
  const all: Feeds = {
    input_ids: new Tensor("int64", ids, dims),
    attention_mask: new Tensor("int64", mask, dims),
    token_type_ids: new Tensor("int64", new BigInt64Array(ids.length), dims),
  };
  return Object.fromEntries(session.inputNames.map((name) => [name, all[name]!]));
}

/** Steps of the golden ratio: the lengths of any stretch of runs are spread like those of all texts. */
async function runNext(size: number, runs: number): Promise<number> {
  const made = batches.get(size) ?? [];
  const { feeds, texts } = made[Math.floor(((runs * GOLDEN_RATIO) % 1) * made.length)]!;
  await session.run(feeds);
  return texts;
}

/** @param untilMs of Date.now(), which all processes share. */
async function runSlice(size: number, untilMs: number): Promise<void> {
  const tally = tallies.get(size)!;
  const from = performance.now();
  while (Date.now() < untilMs) tally.texts += await runNext(size, tally.runs++);
  tally.seconds += (performance.now() - from) / 1000;
}

async function measure(fromMs: number): Promise<FloorTally[]> {
  const slices = Math.max(1, Math.round(order.seconds / (order.sliceSeconds * order.batchSizes.length)));
  let untilMs = fromMs;
  for (let slice = 0; slice < slices; slice++)
    for (const size of order.batchSizes) await runSlice(size, (untilMs += order.sliceSeconds * 1000));
  return [...tallies].map(([batchSize, { texts, seconds }]) => ({ batchSize, perSecond: texts / seconds }));
}

for (const size of order.batchSizes) for (let run = 0; run < WARM_UP_RUNS; run++) await runNext(size, run);
// `on` and not `once`: a channel that nobody listens to keeps no process, and this one has to wait.
process.on("message", (fromMs: number) => {
  // Then it waits to be ended, so that its CPU time can still be read.
  void measure(fromMs).then((tallies) => process.send?.(tallies));
});
process.send?.("ready");
