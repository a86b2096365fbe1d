import { CombotError } from "../errors.ts";
import type { PerfStage } from "../protocol/perf.ts";
import type { RatePiece } from "./load/arrivals.ts";
import { Latencies } from "./load/latency.ts";
import type { LoadResult } from "./load/order.ts";
import { HIGHEST_RATE, LONGEST_SECONDS, secondsIn } from "./plan-values.ts";
import { rounded } from "./rounding.ts";

const MOST_STAGES = 100;

/**
 * Reads `30s:10,2m:50,30s:0`, as k6 has it: over 30 s evenly up to 10 a second, over 2 min to 50, over 30 s down to none.
 * A stage of 0 s is a leap.
 *
 * @throws {CombotError} `USAGE` naming the stage that can't be followed.
 */
export function parseStages(text: string): RatePiece[] {
  const parts = text.split(",");
  if (parts.length > MOST_STAGES) throw new CombotError("USAGE", `--stages: at most ${MOST_STAGES} of them.`);
  const pieces: RatePiece[] = [];
  let last = 0;
  for (const part of parts) {
    const [, time = "", rate = ""] = /^([^:]+):(\d+(?:\.\d+)?)$/.exec(part.trim()) ?? [];
    const [seconds, toPerSecond] = [secondsIn(time), Number(rate)];
    if (seconds === undefined || rate === "" || toPerSecond > HIGHEST_RATE)
      throw new CombotError(
        "USAGE",
        `--stages ${part.trim()}: give TIME:RATE, as 30s:10, up to ${HIGHEST_RATE} a second.`,
      );
    if (seconds > 0) pieces.push({ seconds, fromPerSecond: last, toPerSecond });
    last = toPerSecond;
  }
  const seconds = pieces.reduce((sum, piece) => sum + piece.seconds, 0);
  if (seconds < 1 || seconds > LONGEST_SECONDS) throw new CombotError("USAGE", "--stages: give from 1s to 24h in all.");
  if (pieces.every(({ fromPerSecond, toPerSecond }) => fromPerSecond + toPerSecond === 0))
    throw new CombotError("USAGE", "--stages: none of them asks anything.");
  return pieces;
}

/** What was measured in each stage, from the windows that begin in it. */
export function stagesOf(profile: readonly RatePiece[], { windows: { lengthMs, list } }: LoadResult): PerfStage[] {
  let atSeconds = 0;
  return profile.map((piece): PerfStage => {
    const [from, to] = [atSeconds, atSeconds + piece.seconds];
    atSeconds = to;
    const own = list.filter((_, index) => {
      const startSeconds = (index * lengthMs) / 1000;
      return startSeconds >= from && startSeconds < to;
    });
    const all = Latencies.merged(own.map(({ latencies }) => Latencies.decode(latencies)));
    const answered = own.reduce((sum, { answered: by }) => sum + by.computed + by.memory + by.redis, 0);
    const failed = own.reduce((sum, window) => sum + window.failed, 0);
    const [p50, p99] = [all.quantileMs(0.5), all.quantileMs(0.99)].map(rounded) as [number | null, number | null];
    return { atSeconds: from, ...piece, answered, failed, p50, p99 };
  });
}
