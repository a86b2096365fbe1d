import type { LatencyClass } from "../../protocol/latency-classes.ts";
import type { Address } from "./address.ts";
import type { Arrivals, RatePiece } from "./arrivals.ts";

/** Of an open loop, unless told otherwise: what a stalled server is kept waiting with. */
export const OPEN_CONNECTIONS = 2000;

export interface OpenLoad {
  readonly ratePerSecond: number;
  readonly arrivals: Arrivals;
  /** They are opened as they are needed, up to so many; what finds none free waits in the generator, and its wait counts. */
  readonly connections: number;
  /** Rates over time in the place of the one; the load ends with the last of them. */
  readonly profile?: readonly RatePiece[];
}

/** What the generator is to do. */
export interface LoadOrder {
  readonly address: Address;
  /** Of the classify call. */
  readonly path: string;
  /** Further headers of every request, each ended by CRLF. */
  readonly headers: string;
  readonly texts: readonly string[];
  /** How often each is asked, beside the others; without them by Zipf's law. */
  readonly weights?: readonly number[] | undefined;
  readonly isUnique: boolean;
  /** That is asked, by its name; without one, the default one. */
  readonly model?: string | null;
  /** Distinct users; 0: nobody is named. */
  readonly users: number;
  /** At a time in a closed loop. */
  readonly concurrency: number;
  /** Null: a closed loop. */
  readonly open: OpenLoad | null;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** The run ends when so many were begun, if that comes first. */
  readonly requests: number | null;
  readonly timeoutMs: number;
  readonly seed: number;
}

/** How things stand in the middle of the run. */
export interface LoadProgress {
  readonly isWarm: boolean;
  /** Since the warm-up, or since the start while that lasts. */
  readonly seconds: number;
  readonly begun: number;
  readonly answered: Readonly<Record<LatencyClass, number>>;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly quantilesMs: Readonly<Record<LatencyName, number | null>>;
  /** What has no answer yet: `[ms that it has waited for at least, requests]`, by stretches of the run. */
  readonly overdue: readonly (readonly [number, number])[];
}

export type LatencyName = "p50" | "p90" | "p99" | "p999" | "max";

/** Histograms are encoded as HdrHistogram's V2 format, deflated, in base64. */
export interface LoadResult {
  /** From the end of the warm-up until no further request was begun. */
  readonly seconds: number;
  readonly begun: number;
  /** Answers that came before that, which the rate is made of; those in flight then count in the latencies alone. */
  readonly answeredInTime: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly latencies: Readonly<Record<LatencyClass, string>>;
  readonly serverTimes: string;
  readonly windows: {
    readonly lengthMs: number;
    readonly list: readonly {
      readonly answered: Readonly<Record<LatencyClass, number>>;
      readonly failed: number;
      readonly latencies: string;
    }[];
  };
  readonly generator: GeneratorFigures;
}

/** How the generator itself fared. */
export interface GeneratorFigures {
  readonly cpuSeconds: number;
  /** 0 to 1: the share of the time in which its thread was busy. */
  readonly utilisation: number;
  /** Of the beginning of each request behind its plan. */
  readonly lateness: string;
  /** How late its thread came to do what was due, sampled throughout. */
  readonly loopDelayMs: { readonly mean: number; readonly p50: number; readonly p99: number; readonly max: number };
  readonly connectionsOpened: number;
  readonly waitedForConnection: number;
  readonly retried: number;
}

export type ToGenerator = { readonly type: "order"; readonly order: LoadOrder } | Stop;

/** No further request is begun. */
export interface Stop {
  readonly type: "stop";
  /** How long those under way are waited for, until they end by default; what is late by then counts as begun alone. */
  readonly graceMs?: number | undefined;
}

export type FromGenerator =
  | { readonly type: "measuring" | "over" }
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "result"; readonly result: LoadResult };
