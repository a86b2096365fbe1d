import { descend } from "./adaptive-descent.ts";
import { addClassifiers, standardise } from "./classifier.ts";
import type { Classifier, LabelledVector } from "./classifier.ts";
import { ascend } from "./dual-ascent.ts";
import { FeatureSpace } from "./feature-space.ts";
import type { Lexicon } from "./lexicon.ts";
import { createRandom, shuffled } from "../random.ts";
import type { KindWeights } from "./token-features.ts";
import type { Encode } from "./tokenizer.ts";
import { addTypos } from "./typos.ts";
import type { TypoRates } from "./typos.ts";

export interface EncodedText {
  readonly text: string;
  readonly ids: readonly number[];
  readonly label: number;
}

/** What every fit of a training has in common. */
export interface FitContext {
  readonly vocabulary: readonly string[];
  readonly lexicon: Lexicon;
  readonly encode: Encode;
  readonly labelCount: number;
  /** Names of labels, learned from as texts in every fit and never measured on. */
  readonly names: readonly EncodedText[];
  readonly seed: number;
  readonly epochs: number;
  readonly onProgress: (message: string) => void;
}

export interface FitPlan {
  readonly weights: KindWeights;
  /** Classifiers by descent whose weights are averaged: passing over texts one by one leaves chance in each. */
  readonly runs: number;
  /** What is being trained, for the progress lines. */
  readonly stage: string;
}

export interface Fitted {
  readonly space: FeatureSpace;
  /** The best answer to the very texts under a penalty. */
  readonly settled: Classifier;
  /** What a few passes over the texts, with typos, come to. It errs in other places than the settled one. */
  readonly passed: Classifier;
}

/** Runs of a fit that is used, not only compared. */
export const wholeRuns = 3;

const ascent = { passes: 10, penalty: 0.03 };
const typoRates: TypoRates = { texts: 0.6, words: 0.25 };

export function fitBoth(part: readonly EncodedText[], plan: FitPlan, context: FitContext): Fitted {
  const { labelCount, seed } = context;
  const texts = [...part, ...context.names];
  const space = new FeatureSpace({ ...context, weights: plan.weights, texts: texts.map(({ ids }) => ids) });
  const vectors = texts.map(({ ids, label }): LabelledVector => ({ vector: space.vectorise(ids), label }));
  const random = createRandom(seed);
  const settled = ascend(vectors, { ...ascent, featureCount: space.size, labelCount, random });
  const passed = Array.from({ length: plan.runs }, (_, run) =>
    passOver(texts, space, context, { run, stage: `${plan.stage}, run ${run + 1} of ${plan.runs}` }),
  );
  const averaged = addClassifiers(passed.map((classifier) => ({ classifier, share: 1 / plan.runs })));
  return { space, settled: standardise(settled, vectors), passed: standardise(averaged, vectors) };
}

function passOver(
  texts: readonly EncodedText[],
  space: FeatureSpace,
  context: FitContext,
  { run, stage }: { readonly run: number; readonly stage: string },
): Classifier {
  const { encode, epochs, labelCount, onProgress } = context;
  const random = createRandom(context.seed + run);
  const vectorise = ({ text, ids, label }: EncodedText): LabelledVector => {
    const typed = addTypos(text, typoRates, random);
    return { vector: space.vectorise(typed === text ? ids : encode(typed)), label };
  };
  return descend({
    featureCount: space.size,
    labelCount,
    epochs,
    drawPass: () => shuffled(texts, random).map(vectorise),
    onEpoch: (epoch, accuracy) =>
      onProgress(`${stage}: pass ${epoch} of ${epochs}, ${(accuracy * 100).toFixed(1)}% right`),
  });
}
