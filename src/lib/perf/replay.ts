import { createHash } from "node:crypto";
import type { Client } from "../client.ts";
import { CombotError } from "../errors.ts";
import type { HistoryPoint } from "../protocol/history.ts";
import type { TextsReply } from "../protocol/texts.ts";
import type { RatePiece } from "./load/arrivals.ts";
import type { Replayed } from "./plan-input.ts";
import { bundledTexts } from "./texts.ts";
import type { TextSet } from "./texts.ts";

const MINUTE_SECONDS = 60;

export interface ReplayWish {
  /** RFC 3339: nothing earlier. */
  readonly since: string;
  /** That the replay takes. */
  readonly seconds: number;
  /** How many times as fast it goes as it was. */
  readonly speed: number;
}

/**
 * What the daemon's journal remembers of the busiest stretch, as a load: as many questions in each minute, at random within
 * it, and the texts as often as they were asked.
 *
 * @throws {CombotError} `USAGE` where nothing was asked; what the daemon says, or `DAEMON_UNREACHABLE`.
 */
export async function readReplay(client: Client, wish: ReplayWish): Promise<Replayed> {
  const query = { since: wish.since, step: String(MINUTE_SECONDS) } as const;
  const { points } = await client.call("metricsHistory", { query });
  const { texts } = await client.call("frequentTexts");
  return replayOf(points, texts, wish);
}

/** @throws {CombotError} `USAGE` where nothing was asked. */
export function replayOf(
  points: readonly Pick<HistoryPoint, "at" | "texts">[],
  texts: TextsReply["texts"],
  { since, seconds, speed }: ReplayWish,
): Replayed {
  const minutes = Math.max(1, Math.ceil((seconds * speed) / MINUTE_SECONDS));
  const stretch = busiest(points, minutes);
  if (!stretch) throw new CombotError("USAGE", `--replay: the journal has no question since ${since}.`);
  const pace = speed === 1 ? "" : `, ${speed} times as fast`;
  return {
    profile: profileOf(stretch.counts, seconds, speed),
    texts: textsOf(texts),
    words: `the journal's ${minutes === 1 ? "minute" : `${minutes} minutes`} from ${stretch.at}${pace}`,
  };
}

/** Minutes that follow each other; in those that are missing the daemon did not run. */
function busiest(
  points: readonly Pick<HistoryPoint, "at" | "texts">[],
  minutes: number,
): { readonly at: string; readonly counts: readonly number[] } | undefined {
  const minuteOf = (at: string): number => Math.floor(Date.parse(at) / (MINUTE_SECONDS * 1000));
  const counts = new Map(points.map(({ at, texts }) => [minuteOf(at), texts]));
  const within = (from: number): number[] =>
    Array.from({ length: minutes }, (_, index) => counts.get(from + index) ?? 0);
  let best: { from: number; sum: number } = { from: 0, sum: 0 };
  for (const from of counts.keys()) {
    const sum = within(from).reduce((total, count) => total + count, 0);
    if (sum > best.sum) best = { from, sum };
  }
  if (best.sum === 0) return undefined;
  return { at: new Date(best.from * MINUTE_SECONDS * 1000).toISOString(), counts: within(best.from) };
}

function profileOf(counts: readonly number[], seconds: number, speed: number): RatePiece[] {
  let left = seconds;
  return counts.flatMap((count): RatePiece[] => {
    const length = Math.min(left, MINUTE_SECONDS / speed);
    left -= length;
    const perSecond = (count / MINUTE_SECONDS) * speed;
    return length > 0 ? [{ seconds: length, fromPerSecond: perSecond, toPerSecond: perSecond }] : [];
  });
}

/** Where the journal has a digest alone, a shop question stands for it, as often asked. */
function textsOf(kept: TextsReply["texts"]): TextSet {
  const bundled = bundledTexts();
  if (kept.length === 0) return bundled;
  const texts = kept.map(({ text }, rank) => text ?? standIn(bundled.texts, rank));
  const known = kept.filter(({ text }) => text !== null).length;
  const digest = createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 12);
  const source = known === kept.length ? "the journal" : known === 0 ? "the journal's digests" : "the journal, in part";
  return { source, texts, weights: kept.map(({ count }) => count), digest };
}

function standIn(texts: readonly string[], rank: number): string {
  const text = texts[rank % texts.length] ?? "";
  return rank < texts.length ? text : `${text} (${Math.floor(rank / texts.length)})`;
}
