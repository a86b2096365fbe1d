import { CombotError } from "../errors.ts";
import type { Calibration, Fit, Threshold } from "../protocol/model-eval.ts";
import { createRandom } from "../random.ts";
import { calibrationOf } from "./calibration.ts";
import { targetOf } from "./coverage.ts";
import { turnsOf } from "./folds.ts";
import { isRight } from "./scored.ts";
import type { InScope } from "./scored.ts";
import { wilsonInterval } from "./statistics.ts";
import { fitTemperature } from "./temperature.ts";

/** A row and all that the model gives for it. */
export interface FitRow {
  readonly text: string;
  readonly expected: string;
  readonly logits: Float32Array;
}

export interface FitAsked {
  readonly labels: readonly string[];
  /** What is served now, with which the fit is compared. */
  readonly temperature: number;
  readonly targetAccuracy: number;
  readonly seed: number;
}

export interface Fitted extends Omit<Fit, "written"> {
  readonly remarks: readonly string[];
}

const FOLDS = 5;
const ENOUGH_ROWS = 200;
/** Thresholds are told to four decimals, downwards: the row that they were made of still reaches them. */
const DECIMALS = 1e4;

interface Settings {
  readonly temperature: number;
  readonly minScore: number | undefined;
  readonly thresholds: Readonly<Record<string, number>>;
}

/** @throws {CombotError} `USAGE` where the rows are too few to tell. */
export function fit(rows: readonly FitRow[], asked: FitAsked): Fitted {
  const places = new Map(asked.labels.map((label, at) => [label, at]));
  const known = rows.filter(({ expected }) => places.has(expected));
  if (known.length < ENOUGH_ROWS)
    throw new CombotError(
      "USAGE",
      `${known.length} rows of the model's labels are too few to fit anything with: give ${ENOUGH_ROWS} or more.`,
    );
  const before = calibrationOf(scoredAt(known, asked.temperature, asked.labels));
  const free = foldedFit(known, places, asked);
  const isBetter = free.after.loss < before.loss;
  // Thresholds are of one temperature: where that stays, they are fitted to it.
  const { settings, after, accepted } = isBetter ? free : foldedFit(known, places, asked, asked.temperature);
  return {
    folds: FOLDS,
    settings: toldOf(settings, asked.temperature),
    before: { error: before.error, loss: before.loss },
    after: { error: after.error, loss: after.loss },
    accepted,
    remarks: remarksOn(settings, isBetter, asked),
  };
}

type Places = ReadonlyMap<string, number>;

interface Folded {
  /** Of all rows. */
  readonly settings: Settings;
  /** Of rows that were not learned from. */
  readonly after: Calibration;
  readonly accepted: Threshold | null;
}

/** @param temperature where it is not to be fitted. */
function foldedFit(rows: readonly FitRow[], places: Places, asked: FitAsked, temperature?: number): Folded {
  const learn = (part: readonly FitRow[]): Settings => settingsBy(part, places, asked, temperature);
  const turns = turnsOf(rows, ({ expected }) => expected, FOLDS, createRandom(asked.seed));
  const judged = turns.flatMap(({ seen, unseen }) => {
    const settings = learn(seen);
    return scoredAt(unseen, settings.temperature, asked.labels).map((row) => ({ row, settings }));
  });
  const after = calibrationOf(judged.map(({ row }) => row));
  return { settings: learn(rows), after, accepted: acceptedOf(judged) };
}

function toldOf({ temperature, minScore, thresholds }: Settings, served: number): Fit["settings"] {
  return {
    ...(temperature === served ? {} : { temperature }),
    ...(minScore === undefined ? {} : { minScore, thresholds }),
  };
}

function remarksOn({ minScore }: Settings, isBetter: boolean, { targetAccuracy }: FitAsked): string[] {
  return [
    ...(isBetter ? [] : ["No other temperature makes scores of unseen rows more honest: it stays as it is."]),
    ...(minScore === undefined ? [`No threshold reaches an accuracy of ${targetAccuracy}: none was fitted.`] : []),
  ];
}

function settingsBy(rows: readonly FitRow[], places: Places, asked: FitAsked, given?: number): Settings {
  const texts = rows.map(({ logits, expected }) => ({ logits, label: places.get(expected) ?? 0 }));
  const temperature = given ?? Math.round(fitTemperature(texts) * DECIMALS) / DECIMALS;
  const { overall, labels } = targetOf(scoredAt(rows, temperature, asked.labels), asked.targetAccuracy);
  const down = (score: number): number => Math.floor(score * DECIMALS) / DECIMALS;
  return {
    temperature,
    minScore: overall ? down(overall.score) : undefined,
    thresholds: Object.fromEntries(labels.map(({ label, score }) => [label, down(score)])),
  };
}

/** Of unseen rows, by the thresholds that the others gave. */
function acceptedOf(judged: readonly { readonly row: InScope; readonly settings: Settings }[]): Threshold | null {
  const accepted = judged.filter(({ row, settings: { minScore = Infinity, thresholds } }) => {
    return row.score >= (thresholds[row.predicted] ?? minScore);
  });
  if (accepted.length === 0) return null;
  const right = accepted.filter(({ row }) => isRight(row)).length;
  return {
    score: accepted.reduce((least, { row }) => Math.min(least, row.score), 1),
    answered: accepted.length,
    of: judged.length,
    accuracy: right / accepted.length,
    interval: wilsonInterval(right, accepted.length),
  };
}

/** As the daemon would answer with that temperature. */
function scoredAt(rows: readonly FitRow[], temperature: number, labels: readonly string[]): InScope[] {
  return rows.map(({ text, expected, logits }) => {
    let best = 0;
    for (let at = 1; at < logits.length; at++) if ((logits[at] ?? 0) > (logits[best] ?? 0)) best = at;
    let sum = 0;
    const power = (at: number): number => Math.exp(((logits[at] ?? 0) - (logits[best] ?? 0)) / temperature);
    for (let at = 0; at < logits.length; at++) sum += power(at);
    const told = (at: number): number => (at < 0 ? 0 : Math.round((power(at) / sum) * 1e6) / 1e6);
    const right = labels.indexOf(expected);
    return { text, expected, predicted: labels[best] ?? "", score: told(best), expectedScore: told(right) };
  });
}
