import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Encoder } from "../../src/daemon/text/encoder.ts";
import { zipf } from "../../src/lib/perf/load/zipf.ts";
import { bundledTexts } from "../../src/lib/perf/texts.ts";
import { createRandom } from "../../src/lib/random.ts";
import { BenchTexts } from "../serve/texts.ts";
import type { Plan } from "./measurement.ts";

export const PARTS = ["nothing cached", "by Zipf's law", "through recycles"] as const;
export type Part = (typeof PARTS)[number];

/** Of texts and of questions. */
const PROBES_OF_EACH = 16;
const WARM_UP_TEXTS = 200;
const SEED = 1;
/** Enough that each worker is replaced where workers are. */
const REQUESTS: Readonly<Record<Part, number>> = {
  "nothing cached": 1500,
  "by Zipf's law": 6000,
  "through recycles": 3000,
};
const QUICK_SHARE = 0.1;

export interface Plans extends Readonly<Record<Part, Plan>> {
  readonly probes: readonly string[];
  readonly requests: Readonly<Record<Part, number>>;
  /** Asked by Zipf's law. */
  readonly questions: number;
  /** The share of them that was asked before. */
  readonly repeatedShare: number;
}

/** The same texts in the same order for every contender and in every round. */
export async function writePlans(encoder: Encoder, folder: string, quick: boolean): Promise<Plans> {
  const requests = { ...REQUESTS };
  if (quick) for (const part of PARTS) requests[part] = Math.round(requests[part] * QUICK_SHARE);
  const most = Math.max(requests["nothing cached"], requests["through recycles"]);
  const texts = await textsOf(encoder, PROBES_OF_EACH + WARM_UP_TEXTS + most);
  const questions = bundledTexts().texts;
  const draw = zipf(questions.length, createRandom(SEED));
  const asked = Array.from({ length: requests["by Zipf's law"] }, () => questions[draw()]!);

  const probes = [...texts.slice(0, PROBES_OF_EACH), ...questions.slice(-PROBES_OF_EACH)];
  const warmUp = texts.slice(PROBES_OF_EACH, PROBES_OF_EACH + WARM_UP_TEXTS);
  const counted = texts.slice(PROBES_OF_EACH + WARM_UP_TEXTS);
  const plan = (part: Part, all: readonly string[]): Plan => {
    const textsFile = join(folder, `texts-${PARTS.indexOf(part)}.json`);
    writeFileSync(textsFile, JSON.stringify([...warmUp, ...all.slice(0, requests[part])]));
    return { probes, textsFile, warmUpTexts: warmUp.length, isCalm: part !== "through recycles" };
  };
  return {
    "nothing cached": plan("nothing cached", counted),
    "by Zipf's law": plan("by Zipf's law", asked),
    "through recycles": plan("through recycles", counted),
    probes,
    requests,
    questions: questions.length,
    repeatedShare: 1 - new Set(asked).size / asked.length,
  };
}

async function textsOf(encoder: Encoder, count: number): Promise<string[]> {
  return (await (await BenchTexts.of(encoder)).take(count)).map(({ text }) => text);
}
