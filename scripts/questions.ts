import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createRandom, shuffled } from "../src/lib/random.ts";
import { readExamples } from "./model/csv.ts";

/**
 * Writes models/shop-intents/questions.txt, what `combot perf-test` asks by default: a text a line, the first asked most
 * often. Drawn from the bundled model's training texts, small talk left out.
 */
const FOLDER = fileURLToPath(new URL("../models/shop-intents", import.meta.url));
const COUNT = 3000;
const FEWEST_WORDS = 3;
const SEED = 24;
const SMALL_TALK = ["greeting", "goodbye", "thanks", "out_of_scope"];

const texts = readExamples(`${FOLDER}/data/train.csv`)
  .filter(({ label }) => !SMALL_TALK.includes(label))
  .map(({ text }) => text.replaceAll(/\s+/g, " ").trim())
  .filter((text) => text.split(" ").length >= FEWEST_WORDS);
const questions = shuffled([...new Set(texts)], createRandom(SEED)).slice(0, COUNT);
writeFileSync(`${FOLDER}/questions.txt`, `${questions.join("\n")}\n`);
process.stdout.write(`${questions.length} questions\n`);
