import type { LatencyClass } from "./latency-classes.ts";
import { thousandths } from "../thousandths.ts";

/** Where a call's time went; those who answer it write it, for whoever is to be told. */
export interface CallTiming {
  /** Where the slowest of its answers came from. */
  source: LatencyClass;
  /** Longest wait of a text before a worker took it, in ms. */
  queueMs: number;
  /** Longest batch that one of the texts was in, in ms. */
  computeMs: number;
  /** When it was where, for those calls alone whose spans are wanted. */
  steps?: CallSteps;
}

/** What a worker did for one text. Times are of a clock that never goes back, in ms. */
export interface Run {
  readonly queuedAtMs: number;
  /** When the worker came to its batch. */
  readonly startedAtMs: number;
  /** What the worker itself measured. */
  readonly computeMs: number;
  /** Its process. */
  readonly worker: number;
}

export interface CallSteps {
  askedAtMs?: number;
  /** Of the text that a worker took last; undefined where none was computed. */
  run?: Run;
  answeredAtMs?: number;
}

export function newTiming(): CallTiming {
  return { source: "memory", queueMs: 0, computeMs: 0 };
}

/** What is told of an answer that nobody computed is always the same, and it is what most of them are. */
const FROM_MEMORY = "cache;desc=memory, queue;dur=0, compute;dur=0";

/** As the Server-Timing header has it (W3C, Server Timing). */
export function serverTimingOf({ source, queueMs, computeMs }: CallTiming): string {
  if (source === "memory") return FROM_MEMORY;
  return `cache;desc=${source}, queue;dur=${thousandths(queueMs)}, compute;dur=${thousandths(computeMs)}`;
}
