import { fitTemperature } from "./calibration.ts";
import type { ScoredText } from "./calibration.ts";
import { Classifier, averageClassifiers } from "./classifier.ts";
import type { LabelledVector } from "./classifier.ts";
import type { Example } from "./csv.ts";
import { FeatureSpace } from "./feature-space.ts";
import { fold } from "./fold.ts";
import type { Lexicon } from "./lexicon.ts";
import type { TrainedModel } from "./model-folder.ts";
import { encodeClassifier } from "./model-graph.ts";
import { createRandom, shuffled } from "../../src/lib/random.ts";
import { createEncoder, createWordSplitter, describeTokenizer } from "./tokenizer.ts";
import type { Encode } from "./tokenizer.ts";
import { addTypos } from "./typos.ts";
import type { TypoRates } from "./typos.ts";
import { learnVocabulary } from "./vocabulary.ts";

export interface TrainerOptions {
  readonly name: string;
  readonly seed: number;
  readonly epochs: number;
  readonly lexicon: Lexicon;
  readonly onProgress: (message: string) => void;
}

interface EncodedText {
  readonly text: string;
  readonly ids: readonly number[];
  readonly label: number;
}

/** Parts the texts are split into to calibrate, and classifiers whose weights are averaged. */
const folds = 3;
const runs = 3;
const typoRates: TypoRates = { texts: 0.6, words: 0.25 };

/** Trains a model; the same examples, options and Node give the same bytes. */
export function trainModel(examples: readonly Example[], options: TrainerOptions): TrainedModel {
  const splitWords = createWordSplitter();
  const vocabulary = learnVocabulary(
    examples.flatMap(({ text }) => splitWords(text)),
    options.lexicon.keys(),
  );
  const tokenizer = describeTokenizer(vocabulary);
  const encode = createEncoder(tokenizer);
  const labels = [...new Set(examples.map(({ label }) => label))].toSorted();
  const texts = examples.map(({ text, label }) => ({ text, ids: encode(text), label: labels.indexOf(label) }));
  options.onProgress(`${texts.length} texts, ${labels.length} labels, ${vocabulary.length} tokens`);

  const fit = (part: readonly EncodedText[], stage: string): Fitted =>
    fitClassifier(part, { ...options, vocabulary, encode, labelCount: labels.length, stage });
  const temperature = calibrate(texts, options, fit);
  const { space, classifier } = fit(texts, "all texts");
  return {
    name: options.name,
    labels,
    vocabulary,
    tokenizer,
    onnx: encodeClassifier(fold(space, classifier, temperature)),
  };
}

interface Fitted {
  readonly space: FeatureSpace;
  readonly classifier: Classifier;
}

interface FitOptions extends TrainerOptions {
  readonly vocabulary: readonly string[];
  readonly encode: Encode;
  readonly labelCount: number;
  /** What is being trained, for the progress lines. */
  readonly stage: string;
}

function fitClassifier(texts: readonly EncodedText[], options: FitOptions): Fitted {
  const space = new FeatureSpace(
    options.vocabulary,
    options.lexicon,
    texts.map(({ ids }) => ids),
  );
  const classifiers = Array.from({ length: runs }, (_, run) => trainOnce(texts, space, options, run));
  return { space, classifier: averageClassifiers(classifiers) };
}

function trainOnce(texts: readonly EncodedText[], space: FeatureSpace, options: FitOptions, run: number): Classifier {
  const random = createRandom(options.seed + run);
  const vectorise = ({ text, ids, label }: EncodedText): LabelledVector => {
    const typed = addTypos(text, typoRates, random);
    return { vector: space.vectorise(typed === text ? ids : options.encode(typed)), label };
  };
  const stage = `${options.stage}, run ${run + 1} of ${runs}`;
  const classifier = new Classifier(space.size, options.labelCount);
  classifier.train({
    epochs: options.epochs,
    drawPass: () => shuffled(texts, random).map(vectorise),
    onEpoch: (epoch, accuracy) =>
      options.onProgress(`${stage}: pass ${epoch} of ${options.epochs}, ${(accuracy * 100).toFixed(1)}% right`),
  });
  return classifier;
}

/** Fits the temperature on texts each scored by a model that has not seen it. */
function calibrate(
  texts: readonly EncodedText[],
  options: TrainerOptions,
  fit: (part: readonly EncodedText[], stage: string) => Fitted,
): number {
  const order = shuffled(texts, createRandom(options.seed));
  const scored = Array.from({ length: folds }, (_, turn) => {
    const { space, classifier } = fit(
      order.filter((_text, i) => i % folds !== turn),
      `fold ${turn + 1} of ${folds}`,
    );
    const unseen = order.filter((_text, i) => i % folds === turn);
    return unseen.map(({ ids, label }): ScoredText => ({ logits: classifier.score(space.vectorise(ids)), label }));
  });
  const temperature = fitTemperature(scored.flat());
  options.onProgress(`temperature ${temperature.toFixed(3)}`);
  return temperature;
}
