/** Trains a text classifier from labelled texts and writes it as a Hugging Face folder with an ONNX model. */
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CombotError } from "../../src/lib/errors.ts";
import { readExamples } from "./csv.ts";
import type { Example } from "./csv.ts";
import { measure, summarise } from "./measurement.ts";
import { emptyLexicon, englishLexicon, readLexicon } from "../../src/lib/training/lexicon.ts";
import { writeMetrics, writeModelFolder } from "../../src/lib/training/model-folder.ts";
import { trainModel } from "../../src/lib/training/trainer.ts";

const usage = `usage: node scripts/model/train.ts --train FILE.csv --test FILE.csv --out DIR [options]

  --train FILE    labelled texts to learn from: a header line, text first, label second
  --test FILE     labelled texts held out, to measure with; those of labels that --train lacks count as out of scope
  --out DIR       folder for config.json, tokenizer.json, tokenizer_config.json, model.onnx, metrics.json
  --seed N        whole number, default 1; the same seed and files give the same bytes
  --name NAME     name of the model, default the name of DIR
  --lexicon FILE  words by theme, one theme a line: "name: word word"; default those of everyday English, or "none"
  --epochs N      passes over the texts, default 8
  --help          print this
`;

class UsageError extends Error {}

interface Flags {
  readonly train: string;
  readonly test: string;
  readonly out: string;
  readonly name: string;
  readonly seed: number;
  readonly epochs: number;
  readonly lexicon: string;
  readonly help: boolean;
}

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags.help) {
    process.stdout.write(usage);
    return;
  }
  const [train, test] = [readExamples(flags.train), readExamples(flags.test)];
  checkLabels(train, test, flags.test);
  const lexicon = flags.lexicon === "none" ? emptyLexicon : readLexicon(flags.lexicon);
  const { model } = trainModel(train, { ...flags, lexicon, onProgress: reportProgress });
  reportProgress(`measuring on ${test.length} held-out texts`);
  const measured = await measure(model, test);
  writeModelFolder(flags.out, model);
  writeMetrics(flags.out, {
    name: model.name,
    seed: flags.seed,
    epochs: flags.epochs,
    trainTexts: train.length,
    modelBytes: model.onnx.byteLength,
    ...measured,
  });
  process.stdout.write(summarise(measured));
}

function readFlags(): Flags {
  const { values } = parseArgs({
    options: {
      train: { type: "string", default: "" },
      test: { type: "string", default: "" },
      out: { type: "string", default: "" },
      seed: { type: "string", default: "1" },
      name: { type: "string" },
      lexicon: { type: "string", default: englishLexicon },
      epochs: { type: "string", default: "8" },
      help: { type: "boolean", default: false },
    },
  });
  for (const flag of ["train", "test", "out"] as const) {
    if (values[flag] === "" && !values.help) throw new UsageError(`--${flag} is required`);
  }
  return {
    ...values,
    name: values.name ?? basename(resolve(values.out)),
    seed: readWhole("seed", values.seed, 0, 2 ** 31),
    epochs: readWhole("epochs", values.epochs, 1, 1000),
  };
}

function readWhole(flag: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw new UsageError(`--${flag} must be a whole number from ${least} to ${most}, not "${value}"`);
}

function checkLabels(train: readonly Example[], test: readonly Example[], path: string): void {
  const known = new Set(train.map(({ label }) => label));
  if (known.size < 2) throw new CombotError("USAGE", "the training texts have fewer than two labels");
  if (!test.some(({ label }) => known.has(label)))
    throw new CombotError("USAGE", `${path}: no text has a label that the training texts have`);
}

function reportProgress(message: string): void {
  process.stderr.write(`${message}\n`);
}

try {
  await main();
} catch (error) {
  const isUsage =
    error instanceof UsageError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS") === true;
  if (!isUsage && !(error instanceof CombotError)) throw error;
  process.stderr.write(`${(error as Error).message}\n${isUsage ? usage : ""}`);
  process.exitCode = 2;
}
