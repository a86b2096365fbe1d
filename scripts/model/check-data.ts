/** Checks the shop's data set: counts for each label, duplicates, held-out texts too like a training text. */
import { parseArgs } from "node:util";
import { CombotError } from "../../src/lib/errors.ts";
import { readExamples } from "./csv.ts";
import { countLabels, findProblems } from "./data-rules.ts";

const usage = "usage: node scripts/model/check-data.ts [--train FILE.csv] [--test FILE.csv]";
const folder = new URL("../../models/shop-intents/data/", import.meta.url).pathname;

function readFlags(): { train: string; test: string } {
  const { values } = parseArgs({
    options: {
      train: { type: "string", default: `${folder}train.csv` },
      test: { type: "string", default: `${folder}test.csv` },
    },
  });
  return values;
}

function main(): number {
  const flags = readFlags();
  const [train, test] = [readExamples(flags.train), readExamples(flags.test)];
  const problems = findProblems(train, test);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(
    `${train.length} train, ${test.length} test, ${countLabels(train).size} labels, ${problems.length} problems\n`,
  );
  return problems.length === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  const isOurs = error instanceof CombotError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  if (!isOurs) throw error;
  process.stderr.write(`${(error as Error).message}\n${usage}\n`);
  process.exitCode = 2;
}
