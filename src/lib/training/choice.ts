import { fitTemperature, meanSurprise } from "../evaluation/temperature.ts";
import type { ScoredText } from "../evaluation/temperature.ts";
import { fitBoth, wholeRuns } from "./fitting.ts";
import type { EncodedText, FitContext, FitPlan } from "./fitting.ts";
import type { Turn } from "./folds.ts";
import { weightChoices } from "./token-features.ts";
import type { KindWeights } from "./token-features.ts";

/** What training goes by, chosen on texts each scored by classifiers that have not seen it. */
export interface Choice extends Blend {
  readonly weights: KindWeights;
  /** What it comes to: of texts that neither the classifiers nor the blend that scored them had seen. */
  readonly unseen: readonly UnseenText[];
}

export interface UnseenText extends ScoredText {
  readonly text: string;
}

/** How a model's logits are made of its two classifiers'. */
interface Blend {
  /** Of the settled classifier; the rest is of the passed one. */
  readonly share: number;
  readonly temperature: number;
}

interface Tried extends Blend {
  readonly surprise: number;
}

interface TwiceScored {
  readonly text: string;
  readonly settled: Float64Array;
  readonly passed: Float64Array;
  readonly label: number;
}

type Turns = readonly Turn<EncodedText>[];

const shares = [0, 0.25, 0.5, 0.75];

/**
 * Chooses first the weights, by fits of one run, which rank them well enough; then, by fits as the model's own, the
 * blend and its temperature. Each time what surprises least wins.
 */
export function choose(turns: Turns, context: FitContext): Choice {
  const tried = weightChoices.map((weights) => {
    const stage = `pairs weighed ${weights.pair}`;
    return { weights, ...tryBlends(scoreUnseen(turns, { weights, runs: 1, stage }, context)) };
  });
  const { weights } = leastSurprising(tried);
  const scored = scoreUnseen(turns, { weights, runs: wholeRuns, stage: "calibration" }, context);
  const { share, temperature, surprise } = tryBlends(scored);
  context.onProgress(
    `pairs weighed ${weights.pair}, blend ${share}, temperature ${temperature.toFixed(3)}, mean surprise ${surprise.toFixed(4)}`,
  );
  return { weights, share, temperature, unseen: judge(scored) };
}

/** Each half is blended as the other one would have it. */
function judge(scored: readonly TwiceScored[]): UnseenText[] {
  const halves = [0, 1].map((half) => scored.filter((_text, at) => at % 2 === half));
  return halves.flatMap((half, at) => {
    const { share, temperature } = tryBlends(halves[1 - at] ?? []);
    return half.map((one) => ({
      text: one.text,
      logits: mixOf(one, share).map((logit) => logit / temperature),
      label: one.label,
    }));
  });
}

function mixOf({ settled, passed }: TwiceScored, share: number): Float64Array {
  return settled.map((logit, at) => share * logit + (1 - share) * passed[at]!);
}

function scoreUnseen(turns: Turns, plan: FitPlan, context: FitContext): TwiceScored[] {
  return turns.flatMap(({ train, unseen }, turn) => {
    const stage = `${plan.stage}, fold ${turn + 1} of ${turns.length}`;
    const { space, settled, passed } = fitBoth(train, { ...plan, stage }, context);
    return unseen.map(({ text, ids, label }) => {
      const vector = space.vectorise(ids);
      return { text, settled: settled.score(vector), passed: passed.score(vector), label };
    });
  });
}

function tryBlends(scored: readonly TwiceScored[]): Tried {
  const tried = shares.map((share) => {
    const mixed = scored.map((one): ScoredText => ({ logits: mixOf(one, share), label: one.label }));
    const temperature = fitTemperature(mixed);
    return { share, temperature, surprise: meanSurprise(mixed, temperature) };
  });
  return leastSurprising(tried);
}

function leastSurprising<T extends Tried>(tried: readonly T[]): T {
  return tried.reduce((best, one) => (one.surprise < best.surprise ? one : best));
}
