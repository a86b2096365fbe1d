import { CombotError } from "../../lib/errors.ts";
import type { HistoryPoint } from "../../lib/protocol/history.ts";
import type { Journal } from "../journal/journal.ts";
import type { HistoryRow } from "../journal/store.ts";
import { thousandths } from "../../lib/thousandths.ts";

export interface ModelSpan {
  readonly model: string;
  readonly sinceMs: number;
  readonly stepMs: number;
  readonly untilMs: number | undefined;
}

/**
 * What came of one model in each stretch, by where it begins; none of one that is served and had nothing to do.
 *
 * @throws {CombotError} `MODEL_UNKNOWN` where it is neither served nor in the journal. @throws {StoreFault}
 */
export async function readModel(
  journal: Journal,
  { model, sinceMs, stepMs, untilMs }: ModelSpan,
  served: readonly string[],
): Promise<ReadonlyMap<number, HistoryRow>> {
  const rows = await journal.modelHistory(model, sinceMs, stepMs, untilMs);
  if (rows.length === 0 && !served.includes(model)) throw unknown(model, await journal.modelNames(sinceMs, untilMs));
  return new Map(rows.map((row) => [row["at_ms"] ?? 0, row]));
}

function unknown(model: string, kept: readonly string[]): CombotError {
  const list = kept.length === 0 ? "of none" : `of ${kept.join(", ")}`;
  return new CombotError(
    "MODEL_UNKNOWN",
    `no model ${JSON.stringify(model)} is served, and the journal has nothing of it in that span; it has something ${list}`,
  );
}

/** @param whole the daemon's point of the same stretch, of which what no model has by itself stays. @param row undefined: nothing. */
export function modelPointOf(whole: HistoryPoint, spanMs: number, row: HistoryRow | undefined): HistoryPoint {
  const count = (name: string): number => row?.[name] ?? 0;
  const { at, level, usage, users, recycles } = whole;
  const [requests, texts, errors] = [count("requests"), count("texts"), count("failures")];
  const answered = requests - errors;
  const none = { p50: null, p90: null, p99: null };
  return {
    at,
    requests,
    texts,
    errors,
    throughput: thousandths(requests / Math.max(1, spanMs / 1000)),
    hitRate: texts === 0 ? null : thousandths(count("cached_texts") / texts),
    latencyMs: { memory: none, redis: none, computed: { ...none, p99: row?.["p99_ms"] ?? null } },
    meanMs: answered === 0 ? null : thousandths(count("answered_ms") / answered),
    loads: count("loads"),
    evictions: count("evictions"),
    level,
    usage,
    users,
    recycles,
  };
}
