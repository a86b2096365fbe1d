import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ZooEntry } from "../../../model/zoo/entry.ts";
import { questionFor } from "../../../model/zoo/folder.ts";
import { seedFor, xorshift } from "../../../model/random.ts";
import type { Question } from "../../../model/zoo/run.ts";
import type { Activation } from "../../../model/zoo/scores.ts";

export interface HandJob {
  readonly modelPath: string;
  readonly question: Question;
  readonly activation: Activation;
  /** The texts in these orders are asked in padded batches as well. */
  readonly orders: readonly (readonly number[])[];
}

/** How far the plain file's own answers move when texts share padded batches. */
export interface OwnMovement {
  readonly answers: number;
  readonly otherLabels: number;
  /** Of a score. */
  readonly largest: number;
}

export interface HandReport {
  /** Scores of each text, asked by itself and unpadded. */
  readonly alone: readonly (readonly number[])[];
  readonly own: OwnMovement;
}

const PROGRAM = fileURLToPath(new URL("by-hand-process.ts", import.meta.url));
/** Enough answers of a quantised model for a rate; of others one batching tells whether padding counts. */
const ORDERS = { quantised: 6, other: 2 };

/** What onnxruntime says by hand, in a process of its own. */
export async function byHand(dir: string, entry: ZooEntry, texts: readonly string[]): Promise<HandReport> {
  const question = questionFor(entry, texts);
  const { fixedBatch = false, quantised = false } = entry.expect;
  const orders = ordersOf(question, quantised ? ORDERS.quantised : ORDERS.other);
  const activation = entry.scoredInGraph || entry.scoring === "raw" ? "none" : entry.scoring;
  const job: HandJob = {
    modelPath: join(dir, "model.onnx"),
    question,
    activation,
    orders: fixedBatch ? [] : orders,
  };
  const child = fork(PROGRAM, { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`onnxruntime by hand ended with ${String(signal ?? code)}`);
  });
  child.send(job);
  const [report] = (await Promise.race([once(child, "message"), ended])) as [HandReport];
  await ended.catch(() => {});
  return report;
}

/** As they come, by length as a queue would sort them, and shuffled. */
function ordersOf({ ids }: Question, count: number): number[][] {
  const asTheyCome = [...ids.keys()];
  const byLength = asTheyCome.toSorted((a, b) => ids[a]!.length - ids[b]!.length);
  const shuffled = Array.from({ length: count - 2 }, (_, seed) => {
    const next = xorshift(seedFor(seed + 1, "order"));
    return asTheyCome
      .map((at) => ({ at, by: next() }))
      .toSorted((a, b) => a.by - b.by)
      .map(({ at }) => at);
  });
  return [asTheyCome, byLength, ...shuffled];
}
