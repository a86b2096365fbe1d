import type { MeasuredBatch, MeasuredModel, MeasuredThreads } from "../../lib/protocol/plan.ts";

/** What a batch takes, by what was measured: between two measured lengths or sizes on the line between them. */
export class ServiceTimes {
  /** Of each number of texts, smallest first, its lengths. */
  readonly #sizes: readonly { readonly texts: number; readonly points: readonly MeasuredBatch[] }[];
  readonly #noise: readonly number[];
  readonly #crowding: MeasuredThreads["crowding"];

  constructor({ grid, noise, crowding }: MeasuredThreads) {
    const counts = [...new Set(grid.map(({ texts }) => texts))].toSorted((a, b) => a - b);
    this.#sizes = counts.map((texts) => ({
      texts,
      points: grid.filter((one) => one.texts === texts).toSorted((a, b) => a.tokens - b.tokens),
    }));
    this.#noise = noise.length > 0 ? noise : [1];
    this.#crowding = crowding;
  }

  /** @param draw 0 to 1: of how much longer or shorter than in the middle it takes. */
  batchMs(texts: number, tokens: number, draw: number): number {
    const noise = this.#noise[Math.floor(draw * this.#noise.length)] ?? 1;
    return this.medianMs(texts, tokens) * noise;
  }

  /** @param tokens of the longest. */
  medianMs(texts: number, tokens: number): number {
    const above = this.#sizes.findIndex((size) => size.texts >= texts);
    const upper = this.#sizes[above < 0 ? this.#sizes.length - 1 : above]!;
    const upperMs = lengthMs(upper.points, tokens);
    if (upper.texts === texts || above === 0) return upperMs * (above === 0 ? texts / upper.texts : 1);
    const lower = this.#sizes[above < 0 ? this.#sizes.length - 2 : above - 1];
    if (!lower) return (upperMs * texts) / upper.texts;
    const lowerMs = lengthMs(lower.points, tokens);
    return lowerMs + ((upperMs - lowerMs) * (texts - lower.texts)) / (upper.texts - lower.texts);
  }

  crowdingOf(running: number): number {
    const known = this.#crowding.findLast((one) => one.running <= running);
    return known?.factor ?? 1;
  }
}

/** Beyond what was measured it goes on as between the last two; below it, it takes what the shortest does. */
function lengthMs(points: readonly MeasuredBatch[], tokens: number): number {
  const at = points.findIndex((point) => point.tokens >= tokens);
  const [lower, upper] = at < 0 ? points.slice(-2) : points.slice(Math.max(0, at - 1), at + 1);
  if (!lower || !upper || tokens <= lower.tokens) return lower?.ms ?? 0;
  return lower.ms + ((upper.ms - lower.ms) * (tokens - lower.tokens)) / (upper.tokens - lower.tokens);
}

/** Those of a number of threads, or of the nearest below it that was measured. */
export function threadsMeasured({ byThreads }: MeasuredModel, threads: number): MeasuredThreads {
  const sorted = byThreads.toSorted((a, b) => a.threads - b.threads);
  const found = sorted.findLast((one) => one.threads <= threads) ?? sorted[0];
  if (!found) throw new Error("a model without a measured number of threads");
  return found;
}

/** Of each worker, as the daemon shares the cores out. */
export function threadsOf(cores: number, workers: number): number {
  return Math.max(1, Math.floor(cores / workers));
}
