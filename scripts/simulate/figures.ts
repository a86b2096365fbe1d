import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DAEMON_BYTES, REQUEST_COSTS } from "../../src/daemon/simulation/daemon-costs.ts";
import type { MeasuredModel } from "../../src/lib/protocol/plan.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Where a figure was measured. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  /** A file of docs, and the line in it. */
  readonly source: string;
}

interface Benchmark {
  readonly verdicts: readonly { readonly what: string; readonly figure: { readonly median: number } }[];
  readonly notes: readonly string[];
  readonly machine: { readonly cores: number };
}

/** Names of what `npm run bench` serves, with the sizes of their files in MB. */
export const MODELS = { "minilm-int8": 23, "distilbert-int8": 67, "distilbert-fp32": 268 } as const;
export type ModelName = keyof typeof MODELS;

export interface MeasuredFigures {
  readonly model: MeasuredModel;
  readonly redisOpsPerSecond: number;
  readonly figures: readonly Figure[];
}

/** Texts of the benchmarks have as many tokens, each number as often. */
const TOKENS = { least: 5, most: 60 } as const;
const LABELS = 2;
const WORKERS = 2;

/**
 * What a simulation needs of a model, out of what `npm run bench` measured and wrote to docs: no figure is made up here.
 * Time goes with tokens, so that the model alone on all cores does the requests a second that were measured of it.
 *
 * @param texts how many different ones there are.
 */
export function measuredFigures(name: ModelName, texts: number): MeasuredFigures {
  const serve = read(`serve-${name}`);
  const perSecond = figureIn(`serve-${name}`, "requests/s, floor");
  const pssMb = figureIn(`serve-${name}`, "PSS of the tree in MB, combot");
  const loadMs = figureIn("lifecycle", "load, ms");
  const redis = figureIn("cached", "GETs/s, Redis alone (redis-benchmark, 50 clients)");
  const range = TOKENS.most - TOKENS.least + 1;
  const tokens = Array.from({ length: texts }, (_, rank) => TOKENS.least + ((rank * 37) % range));
  const meanTokens = (TOKENS.least + TOKENS.most) / 2;
  const msPerToken = (serve.machine.cores * 1000) / perSecond.value / meanTokens;
  const workerBytes = (pssMb.value * 1e6 - DAEMON_BYTES) / WORKERS;
  const model: MeasuredModel = {
    name,
    dir: "docs/benchmarks",
    digest: "",
    labels: LABELS,
    windowTokens: 512,
    batching: "padded",
    bytes: MODELS[name] * 1e6,
    loadMs: loadMs.value,
    byThreads: [
      {
        threads: 1,
        grid: [1, 8].flatMap((count) =>
          [1, TOKENS.most].map((length) => ({ texts: count, tokens: length, ms: count * length * msPerToken })),
        ),
        noise: [1],
        crowding: [{ running: 1, factor: 1 }],
      },
    ],
    memory: { loadedBytes: workerBytes, servingBytes: workerBytes, sharedBytes: 0, programBytes: 0 },
    tokens,
    othersCpu: 0,
  };
  return { model, redisOpsPerSecond: redis.value, figures: [perSecond, pssMb, loadMs, redis, ...daemonFigures()] };
}

function daemonFigures(): Figure[] {
  const source = "src/daemon/simulation/daemon-costs.ts, of docs/performance.md and docs/benchmarks.md";
  return Object.entries(REQUEST_COSTS).map(([from, { threadMs }]) => ({
    what: `daemon's thread for an answer from ${from}, ms`,
    value: threadMs,
    source,
  }));
}

function figureIn(benchmark: string, what: string): Figure {
  const found = read(benchmark).verdicts.find((one) => one.what === what);
  if (!found) throw new Error(`docs/benchmarks/${benchmark}.json has no "${what}"`);
  return { what, value: found.figure.median, source: `docs/benchmarks/${benchmark}.json` };
}

function read(name: string): Benchmark {
  return JSON.parse(readFileSync(join(ROOT, "docs/benchmarks", `${name}.json`), "utf8")) as Benchmark;
}
