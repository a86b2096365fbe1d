import { describe, expect, test } from "vitest";
import { descend } from "../../../src/lib/training/adaptive-descent.ts";
import { fitTemperature } from "../../../src/lib/evaluation/temperature.ts";
import { Classifier, addClassifiers, standardise } from "../../../src/lib/training/classifier.ts";
import type { LabelledVector } from "../../../src/lib/training/classifier.ts";
import { ascend } from "../../../src/lib/training/dual-ascent.ts";
import { createRandom } from "../../../src/lib/random.ts";

function holding(feature: number, label: number, value = 1): LabelledVector {
  return { vector: { features: Int32Array.of(feature), values: Float32Array.of(value) }, label };
}

function classifierOf(...weights: number[]): Classifier {
  const classifier = new Classifier(1, weights.length);
  classifier.weights.set(weights);
  return classifier;
}

describe("dual ascent", () => {
  // At the optimum penalty × weight = 1 − probability. With a gap of ln 3 between two logits the probability is 3/4,
  // so each weight is ±(ln 3)/2 where the penalty is (1/4) / ((ln 3)/2).
  const penalty = 0.5 / Math.log(3);
  const options = { featureCount: 2, labelCount: 2, passes: 200, penalty };

  test("comes to the optimum", () => {
    const { weights } = ascend([holding(0, 0)], { ...options, random: createRandom(1) });
    expect([...weights]).toEqual([Math.log(3) / 2, -Math.log(3) / 2, 0, 0].map((weight) => expect.closeTo(weight, 5)));
  });

  test("comes to it from any order of the texts", () => {
    const examples = [holding(0, 0), holding(1, 1)];
    for (const seed of [1, 2, 3]) {
      const { weights } = ascend(examples, { ...options, random: createRandom(seed) });
      const half = Math.log(3) / 2;
      expect([...weights]).toEqual([half, -half, -half, half].map((weight) => expect.closeTo(weight, 5)));
    }
  });
});

test("the first step of adaptive descent is as long as its rate, whatever the gradient", () => {
  const shares: number[] = [];
  const classifier = descend({
    featureCount: 1,
    labelCount: 2,
    epochs: 1,
    drawPass: () => [holding(0, 1, 0.5)],
    onEpoch: (_epoch, share) => shares.push(share),
  });
  expect([...classifier.weights]).toEqual([expect.closeTo(-0.3, 4), expect.closeTo(0.3, 4)]);
  expect([...classifier.bias]).toEqual([expect.closeTo(-0.025, 6), expect.closeTo(0.025, 6)]);
  expect(shares).toEqual([0]);
});

test("a standardised classifier's logits have a standard deviation of one on average", () => {
  // Logits 6 and 0 deviate by 3, logits 2 and 0 by 1: 2 on average.
  const { weights } = standardise(classifierOf(2, 0), [holding(0, 0, 3), holding(0, 0, 1)]);
  expect([...weights]).toEqual([1, 0]);
});

test("a sum of classifiers has the sum of their logits, each times its share", () => {
  const sum = addClassifiers([
    { classifier: classifierOf(4, 0), share: 0.25 },
    { classifier: classifierOf(0, 2), share: 0.5 },
  ]);
  expect([...sum.score(holding(0, 0, 2).vector)]).toEqual([2, 2]);
});

describe("the temperature", () => {
  test("makes confidence the share that is right, each text doubted a little", () => {
    // Of four texts three are right, each true label trusted 5/6: (3 × 5/6 + 1/6) / 4 is 2/3, a gap of ln 2.
    const texts = [0, 0, 0, 1].map((label) => ({ logits: [2, 0], label }));
    expect(fitTemperature(texts)).toBeCloseTo(2 / Math.log(2), 3);
  });

  test("does not ask for certainty where a few texts are all right", () => {
    // Two texts: trusted 3/4, a gap of ln 3.
    const texts = [0, 0].map((label) => ({ logits: [2, 0], label }));
    expect(fitTemperature(texts)).toBeCloseTo(2 / Math.log(3), 3);
  });
});
