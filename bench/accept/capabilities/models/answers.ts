import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { ClassifyReply } from "../../../../src/lib/protocol/classify.ts";
import type { Line } from "../../record.ts";
import { shopTexts } from "../shop-texts.ts";
import { unprepared } from "./start.ts";

interface Answer {
  readonly label: string;
  readonly score: number;
}

const FP32_TEXTS = 50;
const INT8_TEXTS = 400;
/** What a worker takes at once, at most. */
const BATCH = 8;

/**
 * Answers from prepared weights against those from the plain file. In 8 bits a text's mates in a batch change an answer
 * as well, since they share the range that activations are quantised over: both are told, neither has a target.
 */
export async function* answersAlike(models: { fp32: string; int8: string }): AsyncGenerator<Line> {
  const fp32 = await compare(models.fp32, FP32_TEXTS, ({ label, score }) => `${label} ${score}`);
  yield {
    what: `DistilBERT-size fp32, answers that differ between prepared and plain, of ${FP32_TEXTS}`,
    measured: fp32.prepared,
    target: "0",
    pass: fp32.prepared === 0,
  };
  const int8 = await compare(models.int8, INT8_TEXTS, ({ label }) => label);
  const size = "DistilBERT-size int8, random weights, labels that differ";
  const forTheRecord = { target: "for the record", pass: true };
  yield { what: `${size} between prepared and plain, of ${INT8_TEXTS}`, measured: int8.prepared, ...forTheRecord };
  yield { what: `${size} between plain alone and in batches of ${BATCH}`, measured: int8.inBatches, ...forTheRecord };
}

async function compare(
  modelDir: string,
  count: number,
  of: (answer: Answer) => string,
): Promise<{ prepared: number; inBatches: number }> {
  const folder = mkdtempSync(join(tmpdir(), "ca-"));
  const texts = shopTexts().slice(0, count);
  try {
    const [prepared] = await ask(modelDir, {}, texts, [1]);
    const [plain, inBatches] = await ask(modelDir, { COMBOT_STATE_DIR: unprepared(folder) }, texts, [1, BATCH]);
    const differing = (answers: readonly Answer[] = []): number =>
      answers.filter((answer, at) => of(answer) !== of(plain![at]!)).length;
    return { prepared: differing(prepared), inBatches: differing(inBatches) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The answers to all texts, in order, once for each number of texts a call. */
async function ask(
  modelDir: string,
  more: Readonly<Record<string, string>>,
  texts: readonly string[],
  perCall: readonly number[],
): Promise<Answer[][]> {
  const env = { LOG_LEVEL: "error", WORKERS: "1", COMBOT_MODEL_DIR: modelDir, ...more };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  try {
    const all: Answer[][] = [];
    for (const size of perCall) {
      const answers: Answer[] = [];
      for (let from = 0; from < texts.length; from += size) {
        const body = { texts: texts.slice(from, from + size), noCache: true };
        answers.push(...(await daemon.json<ClassifyReply>("POST", "/api/classify/", body)).results);
      }
      all.push(answers);
    }
    return all;
  } finally {
    await daemon.stop();
  }
}
