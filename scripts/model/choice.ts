import { fitTemperature, meanSurprise } from "./calibration.ts";
import type { ScoredText } from "./calibration.ts";
import { fitBoth, settle } from "./fitting.ts";
import type { EncodedText, FitContext } from "./fitting.ts";
import type { Turn } from "./folds.ts";
import { weightChoices } from "./token-features.ts";
import type { KindWeights } from "./token-features.ts";

type Turns = readonly Turn<EncodedText>[];

/** How a model's logits are made of its two classifiers'. */
export interface Blend {
  /** Of the settled classifier; the rest is of the passed one. */
  readonly share: number;
  readonly temperature: number;
}

interface TwiceScored {
  readonly settled: Float64Array;
  readonly passed: Float64Array;
  readonly label: number;
}

const shares = [0, 0.25, 0.5, 0.75];

/**
 * The weights under which texts not trained on surprise least. Tried with the settled classifier alone, which takes
 * a quarter of the time and ranks them as the blend does.
 */
export function chooseWeights(turns: Turns, context: FitContext): KindWeights {
  const tried = weightChoices.map((weights) => {
    const scored = turns.flatMap(({ train, unseen }) => {
      const { space, settled } = settle(train, weights, context);
      return unseen.map(({ ids, label }): ScoredText => ({ logits: settled.score(space.vectorise(ids)), label }));
    });
    const surprise = meanSurprise(scored, fitTemperature(scored));
    context.onProgress(`pairs weighed ${weights.pair}: mean surprise ${surprise.toFixed(4)}`);
    return { weights, surprise };
  });
  return leastSurprising(tried).weights;
}

/** The blend, and the temperature, under which texts not trained on surprise least. */
export function chooseBlend(turns: Turns, weights: KindWeights, context: FitContext): Blend {
  const scored = turns.flatMap(({ train, unseen }, turn): TwiceScored[] => {
    const { space, settled, passed } = fitBoth(train, weights, context, `fold ${turn + 1} of ${turns.length}`);
    return unseen.map(({ ids, label }) => {
      const vector = space.vectorise(ids);
      return { settled: settled.score(vector), passed: passed.score(vector), label };
    });
  });
  const tried = shares.map((share) => {
    const mixed = scored.map(({ settled, passed, label }): ScoredText => {
      return { logits: settled.map((logit, at) => share * logit + (1 - share) * passed[at]!), label };
    });
    const temperature = fitTemperature(mixed);
    return { share, temperature, surprise: meanSurprise(mixed, temperature) };
  });
  const { share, temperature, surprise } = leastSurprising(tried);
  context.onProgress(`blend ${share}, temperature ${temperature.toFixed(3)}, mean surprise ${surprise.toFixed(4)}`);
  return { share, temperature };
}

function leastSurprising<T extends { readonly surprise: number }>(tried: readonly T[]): T {
  return tried.reduce((best, one) => (one.surprise < best.surprise ? one : best));
}
