import { descend } from "./adaptive-descent.ts";
import { addClassifiers, standardise } from "./classifier.ts";
import type { Classifier, LabelledVector } from "./classifier.ts";
import { ascend } from "./dual-ascent.ts";
import { FeatureSpace } from "./feature-space.ts";
import type { Lexicon } from "./lexicon.ts";
import { createRandom, shuffled } from "../../src/lib/random.ts";
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

export interface Settled {
  readonly space: FeatureSpace;
  readonly vectors: readonly LabelledVector[];
  /** The best answer to the very texts under a penalty. */
  readonly settled: Classifier;
}

export interface Fitted {
  readonly space: FeatureSpace;
  readonly settled: Classifier;
  /** What a few passes over the texts, with typos, come to. It errs in other places than the settled one. */
  readonly passed: Classifier;
}

const ascent = { passes: 10, penalty: 0.03 };
/** Classifiers by descent whose weights are averaged: passing over texts one by one leaves chance in each. */
const runs = 3;
const typoRates: TypoRates = { texts: 0.6, words: 0.25 };

export function settle(part: readonly EncodedText[], weights: KindWeights, context: FitContext): Settled {
  const { vocabulary, lexicon, labelCount, seed } = context;
  const texts = [...part, ...context.names];
  const space = new FeatureSpace({ vocabulary, lexicon, weights, labelCount, texts: texts.map(({ ids }) => ids) });
  const vectors = texts.map(({ ids, label }): LabelledVector => ({ vector: space.vectorise(ids), label }));
  const random = createRandom(seed);
  const settled = ascend(vectors, { ...ascent, featureCount: space.size, labelCount, random });
  return { space, vectors, settled: standardise(settled, vectors) };
}

/** @param stage what is being trained, for the progress lines. */
export function fitBoth(
  part: readonly EncodedText[],
  weights: KindWeights,
  context: FitContext,
  stage: string,
): Fitted {
  const { space, vectors, settled } = settle(part, weights, context);
  const passed = Array.from({ length: runs }, (_, run) =>
    passOver([...part, ...context.names], space, context, { run, stage: `${stage}, run ${run + 1} of ${runs}` }),
  );
  const averaged = addClassifiers(passed.map((classifier) => ({ classifier, share: 1 / runs })));
  return { space, settled, passed: standardise(averaged, vectors) };
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
