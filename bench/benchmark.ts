import type { Verdict } from "./serve/result.ts";

export interface BenchOptions {
  /** A third of the rounds, and shorter: to see that it works. */
  readonly quick: boolean;
  readonly say: (progress: string) => void;
  readonly signal: AbortSignal;
}

/** What one benchmark found. */
export interface Measured {
  readonly verdicts: readonly Verdict[];
  /** What has to be known beside the figures: sentences. */
  readonly notes: readonly string[];
}

export interface Benchmark {
  readonly name: string;
  /** For people: what is compared with what. */
  readonly summary: string;
  /** What this machine lacks for it, and how to get it. */
  missing?(): string | undefined;
  run(options: BenchOptions): Promise<Measured>;
}
