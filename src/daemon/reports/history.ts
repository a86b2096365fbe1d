import { CombotError } from "../../lib/errors.ts";
import type { Decision, DecisionsQuery, DecisionsReply } from "../../lib/protocol/decisions.ts";
import type { HistoryPoint, HistoryQuery, HistoryReply } from "../../lib/protocol/history.ts";
import { MEMORY_LEVELS } from "../../lib/protocol/memory-levels.ts";
import { LATENCY_CLASSES } from "../../lib/protocol/latency-classes.ts";
import type { MetricsReport } from "../../lib/protocol/metrics.ts";
import { MOST_TEXTS } from "../../lib/protocol/texts.ts";
import type { TextsQuery, TextsReply } from "../../lib/protocol/texts.ts";
import type { Decisions } from "../governor/decisions.ts";
import type { Journal } from "../journal/journal.ts";
import { StoreFault } from "../journal/store.ts";
import type { HistoryRow } from "../journal/store.ts";
import { modelPointOf, readModel } from "./model-history.ts";
import { thousandths } from "../../lib/thousandths.ts";

const DAY_MS = 86_400_000;
const MINUTE_SECONDS = 60;
const POINTS = 100;
const MOST_POINTS = 2000;
const DECISIONS_LISTED = 100;

/**
 * The newest decisions, oldest first: those of this run, and before them what the journal has of earlier ones. Where it
 * can't be read, what this run knows is told all the same, and what is missing is said.
 */
export async function listDecisions(
  recent: Decisions,
  journal: Journal | undefined,
  query: DecisionsQuery,
): Promise<DecisionsReply> {
  const { limit = DECISIONS_LISTED } = query;
  const own = recent.list({ ...query, limit });
  if (!journal || own.length >= limit) return { decisions: own };
  try {
    return { decisions: together(await journal.decisions({ ...query, limit }), own).slice(-limit) };
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return { decisions: own, missing: error.message };
  }
}

function together(kept: readonly Decision[], own: readonly Decision[]): Decision[] {
  const all = new Map([...kept, ...own].map((decision) => [decision.id, decision]));
  return [...all.values()].toSorted((a, b) => (a.at === b.at ? compare(a.id, b.id) : compare(a.at, b.at)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * What was measured minute by minute, put together to steps: of the whole daemon, or of one model.
 *
 * @param served names of the models that there are now. @throws {CombotError} `JOURNAL_OFF`, `JOURNAL_UNAVAILABLE`;
 *   `INVALID_REQUEST` where that would be too many points; `MODEL_UNKNOWN`.
 */
export async function readHistory(
  journal: Journal | undefined,
  query: HistoryQuery,
  nowMs: number,
  served: readonly string[],
): Promise<HistoryReply> {
  const { sinceMs, untilMs, stepSeconds } = spanOf(query, nowMs);
  const { model } = query;
  const span = { sinceMs, untilMs, stepMs: stepSeconds * 1000 };
  const points = await readable(journal, async (open) => {
    const rows = await open.history(sinceMs, span.stepMs, untilMs);
    if (model === undefined) return rows.map(pointOf);
    const own = await readModel(open, { model, ...span }, served);
    return rows.map((row) => modelPointOf(pointOf(row), row["span_ms"] ?? 0, own.get(row["at_ms"] ?? 0)));
  });
  const of = model === undefined ? {} : { model };
  return { since: new Date(sinceMs).toISOString(), stepSeconds, ...of, points };
}

function spanOf({ since, until, step }: HistoryQuery, nowMs: number) {
  const sinceMs = since === undefined ? nowMs - DAY_MS : Math.max(0, Date.parse(since));
  const untilMs = until === undefined ? undefined : Date.parse(until);
  const spanSeconds = Math.max(0, (untilMs ?? nowMs) - sinceMs) / 1000;
  const stepSeconds = step ?? Math.max(1, Math.ceil(spanSeconds / POINTS / MINUTE_SECONDS)) * MINUTE_SECONDS;
  if (spanSeconds / stepSeconds > MOST_POINTS)
    throw new CombotError(
      "INVALID_REQUEST",
      `step: a point each ${stepSeconds} s makes more than ${MOST_POINTS} points`,
    );
  return { sinceMs, untilMs, stepSeconds };
}

/** @throws {CombotError} `JOURNAL_OFF`, `JOURNAL_UNAVAILABLE` */
export async function readable<T>(journal: Journal | undefined, read: (journal: Journal) => Promise<T>): Promise<T> {
  if (!journal) throw new CombotError("JOURNAL_OFF", "DATABASE_URL is off: nothing is kept");
  try {
    return await read(journal);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    throw new CombotError("JOURNAL_UNAVAILABLE", error.message, { retryAfterSeconds: 5 });
  }
}

/** @throws {CombotError} `JOURNAL_OFF`, `JOURNAL_UNAVAILABLE` */
export async function readTexts(journal: Journal | undefined, { limit = MOST_TEXTS }: TextsQuery): Promise<TextsReply> {
  const kept = await readable(journal, (open) => open.frequentTexts(limit));
  return { texts: kept.map(({ digest, count, text }) => ({ digest, count, text })) };
}

export function pointOf(row: HistoryRow): HistoryPoint {
  const count = (name: string): number => row[name] ?? 0;
  const asked = count("hits") + count("misses");
  return {
    at: new Date(count("at_ms")).toISOString(),
    requests: count("requests"),
    texts: count("texts"),
    errors: count("errors"),
    throughput: thousandths(count("requests") / Math.max(1, count("span_ms") / 1000)),
    hitRate: asked === 0 ? null : thousandths(count("hits") / asked),
    latencyMs: latenciesOf(row),
    level: MEMORY_LEVELS[count("level")] ?? "normal",
    usage: row["usage"] ?? null,
    users: count("users"),
    recycles: count("recycles"),
    unsureShare: count("decided") === 0 ? null : thousandths(count("unsure") / count("decided")),
  };
}

function latenciesOf(row: HistoryRow): MetricsReport["latencyMs"] {
  const at = (name: string): number | null => row[name] ?? null;
  const of = (name: string) => ({ p50: at(`${name}_p50`), p90: at(`${name}_p90`), p99: at(`${name}_p99`) });
  return Object.fromEntries(LATENCY_CLASSES.map((name) => [name, of(name)])) as MetricsReport["latencyMs"];
}
