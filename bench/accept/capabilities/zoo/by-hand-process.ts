import { askPlain, openPlain } from "../../../model/zoo/run.ts";
import { bestOf, largestDifference, scoresOf } from "../../../model/zoo/scores.ts";
import type { HandJob, HandReport } from "./by-hand.ts";

/** The other side of by-hand.ts: onnxruntime and the file, and nothing of combot. */
const BATCH = 8;

async function answer({ modelPath, question, activation, orders }: HandJob): Promise<HandReport> {
  const session = await openPlain(modelPath);
  const scoresFor = async (ids: typeof question.ids, perRun: number): Promise<number[][]> =>
    (await askPlain(session, { ...question, ids }, perRun)).map((row) => scoresOf(row, activation));
  const alone = await scoresFor(question.ids, 1);
  const own = { answers: 0, otherLabels: 0, largest: 0 };
  for (const order of orders) {
    const inBatches = await scoresFor(
      order.map((at) => question.ids[at]!),
      BATCH,
    );
    for (const [place, at] of order.entries()) {
      const [expected, found] = [alone[at]!, inBatches[place]!];
      own.answers++;
      own.otherLabels += Number(bestOf(expected) !== bestOf(found));
      own.largest = Math.max(own.largest, largestDifference(expected, found));
    }
  }
  return { alone, own };
}

process.once("message", (job: HandJob) => {
  void answer(job).then((report) => process.send?.(report, () => process.disconnect()));
});
