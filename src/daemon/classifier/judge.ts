import { CombotError } from "../../lib/errors.ts";
import type { ClassifyResult, LabelScore } from "../../lib/protocol/classify.ts";
import type { Wanted } from "../../lib/protocol/decision.ts";
import type { Answer } from "../cache/answer.ts";
import { bestOf, keptCount, scoreAt } from "../cache/answer.ts";

/** Told of an ambiguous answer, at most. */
const MOST_ALTERNATIVES = 8;

export interface Judged {
  /** Of the model, or of the call. */
  readonly labels: readonly string[];
  /** Labels stand each by itself: their scores don't add up to 1. */
  readonly apart: boolean;
}

type Verdict = Pick<ClassifyResult, "decision" | "margin" | "alternatives" | "accepted" | "candidates">;

/** Whether there is anything to decide. */
export function isWanted({ minScore, minMargin, thresholds, candidates }: Wanted): boolean {
  return minScore !== undefined || minMargin !== undefined || thresholds !== undefined || candidates !== undefined;
}

/** What a call says, and where it says nothing what the model's owner says. Scores and thresholds are one matter. */
export function overridden(call: Wanted, own: Wanted): Wanted {
  const scores = call.minScore === undefined && call.thresholds === undefined ? own : call;
  return {
    minScore: scores.minScore,
    thresholds: scores.thresholds,
    minMargin: call.minMargin ?? own.minMargin,
    candidates: call.candidates ?? own.candidates,
  };
}

/**
 * Says of an answer whether it may be acted on. It looks at what the cache gives: another threshold needs no inference.
 * Neither label nor score is changed by what they fail to reach.
 */
export class Judge {
  readonly #labels: readonly string[];
  readonly #apart: boolean;
  readonly #minScore: number;
  readonly #minMargin: number;
  readonly #thresholds: ReadonlyMap<number, number> | undefined;
  readonly #eligible: ReadonlySet<number> | undefined;
  readonly #isDeciding: boolean;

  /** @throws {CombotError} `INVALID_REQUEST` naming the field that does not fit the labels. */
  constructor({ minScore, minMargin, thresholds, candidates }: Wanted, { labels, apart }: Judged) {
    this.#labels = labels;
    this.#apart = apart;
    this.#minScore = minScore ?? 0;
    this.#minMargin = minMargin ?? 0;
    this.#isDeciding = minScore !== undefined || minMargin !== undefined || thresholds !== undefined;
    if (apart && minMargin !== undefined)
      throw new CombotError("INVALID_REQUEST", "minMargin: these labels stand each by itself");
    if (thresholds) this.#thresholds = new Map(thresholdsOf(thresholds, labels));
    if (candidates) this.#eligible = new Set(candidates.flatMap((name) => placesOf(name, labels, "candidates")));
  }

  /** Labels that an answer must have for it, where that is more than are told: what is kept of many is not enough. */
  get needs(): number {
    const { length } = this.#labels;
    return this.#eligible && keptCount(length) < length ? length : 1;
  }

  /** The answer among those that are eligible. */
  among(answer: Answer): Answer {
    const eligible = this.#eligible;
    if (!eligible) return answer;
    const places = [...answer.ranking.keys()].filter((at) => eligible.has(answer.ranking[at] ?? -1));
    const parts = places.map((at) => answer.millionths[at] ?? 0);
    const sum = this.#apart ? 1e6 : sumOf(parts);
    return {
      ranking: places.map((at) => answer.ranking[at] ?? -1),
      millionths: sum === 0 ? parts : parts.map((part) => Math.round((part / sum) * 1e6)),
      truncated: answer.truncated,
    };
  }

  /**
   * Says it in the result: an object of its own for what is said would cost as much as all the rest.
   *
   * @param answer as it is kept. @param among the same, among those that are eligible.
   */
  mark(result: Verdict, answer: Answer, among: Answer): void {
    if (this.#isDeciding) {
      if (this.#apart) this.#markEach(result, among);
      else this.#markFirst(result, among);
    }
    const eligible = this.#eligible;
    if (!eligible) return;
    result.candidates = { count: eligible.size };
    if (this.#apart) return;
    const parts = answer.millionths.filter((_, at) => eligible.has(answer.ranking[at] ?? -1));
    result.candidates.share = sumOf(parts) / 1e6;
  }

  /** Ambiguous is what is too near to the first, where all that are so near would together be sure. */
  #markFirst(result: Verdict, answer: Answer): void {
    const { millionths } = answer;
    const first = millionths[0] ?? 0;
    const margin = (first - (millionths[1] ?? 0)) / 1e6;
    const wanted = this.#wantedOf(answer.ranking[0] ?? -1);
    const isAhead = margin >= this.#minMargin;
    const near = isAhead ? 1 : this.#near(millionths);
    const together = isAhead ? first : sumOf(millionths.slice(0, near));
    result.decision = together / 1e6 < wanted ? "unsure" : isAhead ? "accept" : "ambiguous";
    result.margin = margin;
    if (result.decision === "ambiguous") result.alternatives = bestOf(answer, this.#labels, near).slice(1);
  }

  /** How many there are from the first on that are nearer to it than the margin; it counts itself. */
  #near(millionths: readonly number[]): number {
    const first = millionths[0] ?? 0;
    const most = Math.min(millionths.length, MOST_ALTERNATIVES + 1);
    let near = 1;
    while (near < most && (first - (millionths[near] ?? 0)) / 1e6 < this.#minMargin) near += 1;
    return near;
  }

  #markEach(result: Verdict, { ranking, millionths }: Answer): void {
    const accepted: LabelScore[] = [];
    for (const [at, label] of ranking.entries()) {
      const score = scoreAt(millionths, at);
      if (score >= this.#wantedOf(label)) accepted.push({ label: this.#labels[label] ?? "", score });
    }
    result.decision = accepted.length > 0 ? "accept" : "unsure";
    result.accepted = accepted;
  }

  #wantedOf(label: number): number {
    return this.#thresholds?.get(label) ?? this.#minScore;
  }
}

function sumOf(parts: readonly number[]): number {
  let sum = 0;
  for (const part of parts) sum += part;
  return sum;
}

function thresholdsOf(thresholds: Readonly<Record<string, number>>, labels: readonly string[]): [number, number][] {
  return Object.entries(thresholds).flatMap(([name, threshold]) =>
    placesOf(name, labels, "thresholds").map((place): [number, number] => [place, threshold]),
  );
}

/** Of each label, where it stands; of those called the same all. Made once for a model: there may be 20,000. */
const placesByLabels = new WeakMap<readonly string[], ReadonlyMap<string, readonly number[]>>();

function placesOf(name: string, labels: readonly string[], field: string): readonly number[] {
  let places = placesByLabels.get(labels);
  if (!places) {
    const made = new Map<string, number[]>();
    for (const [place, label] of labels.entries()) {
      const known = made.get(label);
      if (known) known.push(place);
      else made.set(label, [place]);
    }
    placesByLabels.set(labels, (places = made));
  }
  const found = places.get(name);
  if (found) return found;
  throw new CombotError("INVALID_REQUEST", `${field}: there is no label ${JSON.stringify(name)}`);
}
