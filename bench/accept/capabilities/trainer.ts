import { emptyLexicon, readLexicon } from "../../../src/lib/training/lexicon.ts";
import { readExamples } from "../../../scripts/model/csv.ts";
import type { Capability, Line } from "../record.ts";
import { round } from "../statistics.ts";
import { packageFile } from "../../../src/lib/package-files.ts";
import { drawPerLabel, publicData, withoutEvery } from "./trainer/samples.ts";
import { train } from "./trainer/training.ts";
import type { Trained } from "./trainer/training.ts";

const SEEDS = [1, 2, 3, 4, 5];
const PER_LABEL = 15;

/**
 * The trainer at commit 97336bf on banking77, by the same samples: five of 15 texts a label (accuracy 0.7688, 0.7714,
 * 0.7688, 0.7744, 0.7562, calibration error 0.0184, 0.0246, 0.0263, 0.0427, 0.0205), all texts, and the shop's.
 */
const BEFORE = { few: 0.7679, fewCalibration: 0.0265, all: 0.9208, shop: 0.933 };

type Say = (progress: string) => void;

export const trainer: Capability = {
  name: "trainer",
  summary: "What npm run model:train makes of banking77 (folder in TRAINER_DATA) and of the shop's texts",
  parts: [
    { name: "few", run: (say) => fewExamples(say) },
    { name: "few-without-lexicon", run: fewWithoutLexicon },
    { name: "out-of-scope", run: outOfScope },
    { name: "all", run: allExamples },
    { name: "shop", run: shop },
  ],
};

async function trainFew(say: Say, lexicon?: typeof emptyLexicon): Promise<Trained[]> {
  const data = publicData();
  const results: Trained[] = [];
  for (const seed of SEEDS) {
    const sample = drawPerLabel(data.train, PER_LABEL, seed);
    const saySeed = (progress: string): void => say(`sample ${seed} of ${SEEDS.length}: ${progress}`);
    results.push(await train(sample, data.test, { say: saySeed, ...(lexicon && { lexicon }) }));
  }
  return results;
}

async function* fewExamples(say: Say): AsyncGenerator<Line> {
  const results = await trainFew(say);
  yield* accuracyLines(`${PER_LABEL} texts a label`, results, BEFORE.few + 0.05);
  const errors = results.map(({ calibrationError }) => calibrationError);
  yield {
    what: `${PER_LABEL} texts a label, calibration errors`,
    measured: errors.join(", "),
    target: `each at most 0.05; before: mean ${BEFORE.fewCalibration}`,
    pass: errors.every((error) => error <= 0.05),
  };
  yield* costLines(results);
}

async function* fewWithoutLexicon(say: Say): AsyncGenerator<Line> {
  const results = await trainFew(say, emptyLexicon);
  yield* accuracyLines(`${PER_LABEL} texts a label, no lexicon`, results, BEFORE.few);
}

async function* outOfScope(say: Say): AsyncGenerator<Line> {
  const data = publicData();
  const sample = withoutEvery(drawPerLabel(data.train, PER_LABEL, 1), 5);
  const { outOfScope: scope, accuracy } = await train(sample, data.test, { say });
  const what = `${PER_LABEL} texts a label, each fifth label left out`;
  yield { what: `${what}: accuracy in scope`, measured: accuracy, target: "for the record", pass: true };
  yield { what: `${what}: AUROC`, measured: scope?.auroc ?? 0, target: "for the record", pass: scope !== undefined };
  for (const { confidence, answeredInScope, answeredOutOfScope } of scope?.thresholds ?? []) {
    const measured = `${answeredInScope} in scope, ${answeredOutOfScope} out of scope`;
    yield { what: `${what}: answered from ${confidence} on`, measured, target: "for the record", pass: true };
  }
}

async function* allExamples(say: Say): AsyncGenerator<Line> {
  const data = publicData();
  const result = await train(data.train, data.test, { say });
  yield* accuracyLines("all texts", [result], 0.925, BEFORE.all);
  yield calibrationLine("all texts", result);
  yield* costLines([result]);
}

async function* shop(say: Say): AsyncGenerator<Line> {
  const file = (name: string): string => packageFile(`models/shop-intents/data/${name}`);
  const lexicon = readLexicon(file("lexicon.txt"));
  const result = await train(readExamples(file("train.csv")), readExamples(file("test.csv")), { lexicon, say });
  yield* accuracyLines("the shop's texts", [result], BEFORE.shop, BEFORE.shop);
  yield calibrationLine("the shop's texts", result);
  yield* costLines([result]);
}

function* accuracyLines(
  what: string,
  results: readonly Trained[],
  least: number,
  before = BEFORE.few,
): Generator<Line> {
  const accuracies = results.map(({ accuracy }) => accuracy);
  const mean = round(accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length, 4);
  const each = accuracies.length > 1 ? ` (${accuracies.join(", ")})` : "";
  const target = `at least ${round(least, 4)}; before: ${before}`;
  yield { what: `${what}, accuracy`, measured: `${mean}${each}`, target, pass: mean >= least };
}

function calibrationLine(what: string, { calibrationError }: Trained): Line {
  const measured = calibrationError;
  return { what: `${what}, calibration error`, measured, target: "at most 0.05", pass: measured <= 0.05 };
}

function* costLines(results: readonly Trained[]): Generator<Line> {
  const worst = (of: (result: Trained) => number): number => round(Math.max(...results.map(of)), 1);
  const [cpu, wall, size] = [
    worst(({ cpuSeconds }) => cpuSeconds),
    worst(({ wallSeconds }) => wallSeconds),
    worst(({ megabytes }) => megabytes),
  ];
  yield {
    what: "training, CPU seconds (of wall seconds)",
    measured: `${cpu} (${wall})`,
    target: "under 180",
    pass: cpu < 180,
  };
  yield { what: "model, MB", measured: size, target: "at most 25", pass: size <= 25 };
}
