import { choose } from "./choice.ts";
import type { UnseenText } from "./choice.ts";
import { addClassifiers } from "./classifier.ts";
import type { Example } from "./example.ts";
import { fitBoth, wholeRuns } from "./fitting.ts";
import type { EncodedText, FitContext } from "./fitting.ts";
import { fold } from "./fold.ts";
import { dealFolds } from "./folds.ts";
import { readLabelName } from "./label-names.ts";
import type { Lexicon } from "./lexicon.ts";
import type { TrainedModel } from "./model-folder.ts";
import { encodeClassifier } from "./model-graph.ts";
import { createRandom } from "../random.ts";
import { createEncoder, createWordSplitter, describeTokenizer } from "./tokenizer.ts";
import type { Encode } from "./tokenizer.ts";
import { learnVocabulary } from "./vocabulary.ts";

export interface TrainerOptions {
  readonly name: string;
  readonly seed: number;
  readonly epochs: number;
  readonly lexicon: Lexicon;
  readonly onProgress: (message: string) => void;
}

/** A model, and the logits that the trainer itself gives a text: the ones its graph must give. */
export interface Training {
  readonly model: TrainedModel;
  readonly score: (text: string) => Float64Array;
  /** What classifiers of its kind gave texts that they had not seen. */
  readonly unseen: readonly UnseenText[];
}

const foldLimits = { folds: 5, enough: 2000 };

/** Trains a model; the same examples, options and Node give the same bytes. */
export function trainModel(examples: readonly Example[], options: TrainerOptions): Training {
  const splitWords = createWordSplitter();
  const words = examples.flatMap(({ text }) => splitWords(text));
  const vocabulary = learnVocabulary(words, options.lexicon.keys());
  const tokenizer = describeTokenizer(vocabulary);
  const encode = createEncoder(tokenizer);
  const labels = [...new Set(examples.map(({ label }) => label))].toSorted();
  const texts = examples.map(({ text, label }) => ({ text, ids: encode(text), label: labels.indexOf(label) }));
  options.onProgress(`${texts.length} texts, ${labels.length} labels, ${vocabulary.length} tokens`);

  const names = encodeNames(labels, new Set(words), encode);
  const context: FitContext = { ...options, vocabulary, encode, labelCount: labels.length, names };
  const turns = dealFolds(texts, foldLimits, createRandom(options.seed));
  const { weights, share, temperature, unseen } = choose(turns, context);
  const plan = { weights, runs: wholeRuns, stage: "all texts" };
  const { space, settled, passed } = fitBoth(texts, plan, context);
  const classifier = addClassifiers([
    { classifier: settled, share },
    { classifier: passed, share: 1 - share },
  ]);
  const onnx = encodeClassifier(fold(space, classifier, temperature));
  return {
    unseen,
    model: { name: options.name, labels, vocabulary, tokenizer, onnx },
    score: (text) => classifier.score(space.vectorise(encode(text))).map((logit) => logit / temperature),
  };
}

/** Names of labels as texts to learn from: with few texts a label, one more that is to the point. */
function encodeNames(labels: readonly string[], words: ReadonlySet<string>, encode: Encode): EncodedText[] {
  return labels.flatMap((name, label) => {
    const text = readLabelName(name, (word) => words.has(word));
    return text === undefined ? [] : [{ text, ids: encode(text), label }];
  });
}
