import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { GRAPHS } from "./floor.ts";
import type { FloorOrder, FloorTally } from "./floor.ts";

/** The model alone: batches that were made beforehand, one after another, in slices of each graph and batch size in turn. */
type Feeds = Record<string, Tensor>;

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
const WARM_UP_RUNS = 6;
const LEAST_SAME = 0.9;

const order = JSON.parse(process.argv[2] ?? "") as FloorOrder;
const sessions = {
  plain: await InferenceSession.create(order.modelPath, { intraOpNumThreads: 1 }),
  best: await InferenceSession.create(order.bestPath, { intraOpNumThreads: 1, graphOptimizationLevel: "disabled" }),
};
const rows = (JSON.parse(readFileSync(order.idsFile, "utf8")) as readonly (readonly number[])[])
  .toSorted((a, b) => a.length - b.length)
  .filter((_, at) => at % order.processes === order.index);
const batches = new Map(order.batchSizes.map((size) => [size, batchesOf(size)]));
const tallies = order.batchSizes.flatMap((batchSize) =>
  GRAPHS.map((graph) => ({ graph, batchSize, texts: 0, seconds: 0, runs: 0 })),
);
type Tally = (typeof tallies)[number];

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
  return Object.fromEntries(sessions.plain.inputNames.map((name) => [name, all[name]!]));
}

/** Steps of the golden ratio: the lengths of any stretch of runs are spread like those of all texts. */
async function runNext(tally: Tally): Promise<number> {
  const made = batches.get(tally.batchSize) ?? [];
  const { feeds, texts } = made[Math.floor(((tally.runs++ * GOLDEN_RATIO) % 1) * made.length)]!;
  await sessions[tally.graph].run(feeds);
  return texts;
}

/** @param untilMs of Date.now(), which all processes share. */
async function runSlice(tally: Tally, untilMs: number): Promise<void> {
  const from = performance.now();
  while (Date.now() < untilMs) tally.texts += await runNext(tally);
  tally.seconds += (performance.now() - from) / 1000;
}

async function measure(fromMs: number): Promise<FloorTally[]> {
  const slices = Math.max(1, Math.round(order.seconds / (order.sliceSeconds * order.batchSizes.length)));
  let untilMs = fromMs;
  for (let slice = 0; slice < slices; slice++)
    for (const tally of tallies) await runSlice(tally, (untilMs += order.sliceSeconds * 1000));
  return tallies.map(({ graph, batchSize, texts, seconds }) => ({ graph, batchSize, perSecond: texts / seconds }));
}

/** Whoever answers something else does not do the same work; of a quantised model a label on the edge may move. */
async function refuseOtherAnswers(): Promise<void> {
  const feeds = [...batches.values()].map(([first]) => first!.feeds);
  const [plain, best] = await Promise.all(GRAPHS.map((graph) => labelsOf(sessions[graph], feeds)));
  const same = plain!.filter((label, at) => label === best![at]).length / plain!.length;
  if (same < LEAST_SAME)
    throw new Error(
      `the best graph gives ${Math.round(same * 100)}% of ${plain!.length} texts the label of the plain one`,
    );
}

async function labelsOf(session: InferenceSession, batches: readonly Feeds[]): Promise<number[]> {
  const labels: number[] = [];
  for (const feeds of batches) {
    const { data, dims } = (await session.run(feeds))[session.outputNames[0]!]!;
    const width = dims.at(-1)!;
    const logits = Float32Array.from(data as Float32Array);
    for (let at = 0; at < logits.length; at += width) {
      const row = logits.subarray(at, at + width);
      labels.push(row.indexOf(Math.max(...row)));
    }
  }
  return labels;
}

await refuseOtherAnswers();
for (const tally of tallies) for (let run = 0; run < WARM_UP_RUNS; run++) await runNext(tally);
// `on` and not `once`: a channel that nobody listens to keeps no process, and this one has to wait.
process.on("message", (fromMs: number) => {
  // Then it waits to be ended, so that its CPU time can still be read.
  void measure(fromMs).then((measured) => process.send?.(measured));
});
process.send?.("ready");
