import { figureMs } from "./perf-figures.ts";
import { percent, shortCount } from "./words.ts";

/** How a load stands. */
export interface Moment {
  /** Of one load among several. */
  readonly title?: string;
  readonly phase: "warm-up" | "load" | "steady";
  readonly seconds: number;
  /** Null: it ends with the last of the requests. */
  readonly ofSeconds: number | null;
  readonly answered: { readonly computed: number; readonly memory: number; readonly redis: number };
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Null where the daemon can't be seen. */
  readonly seen: { readonly usage: number; readonly machineCpu: number | null } | null;
}

/** One line, the figures so far. */
export function renderPerfMoment(moment: Moment): string {
  const { title, phase, seconds, ofSeconds, answered, failed, p50Ms, p99Ms, seen } = moment;
  const { computed, memory, redis } = answered;
  const all = computed + memory + redis;
  const name = title ?? (phase === "steady" ? "at 20/s" : phase);
  const time =
    ofSeconds === null ? `${seconds.toFixed(0)} s` : `${Math.min(seconds, ofSeconds).toFixed(0)}/${ofSeconds} s`;
  const parts = [
    `${name} ${time}`,
    ...(all > 0
      ? [
          `${shortCount(all)} answers, ${(all / seconds).toFixed(0)}/s`,
          `p50 ${figureMs(p50Ms)} p99 ${figureMs(p99Ms)} ms`,
          `hits ${percent((memory + redis) / all)}`,
        ]
      : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(seen
      ? [`memory ${percent(seen.usage)}`, ...(seen.machineCpu === null ? [] : [`cpu ${percent(seen.machineCpu)}`])]
      : []),
  ];
  return parts.join(" | ");
}
