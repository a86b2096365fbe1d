import { setTimeout as delay } from "node:timers/promises";
import type { EvalReport } from "../../../../src/lib/protocol/model-eval.ts";
import type { ShadowReply } from "../../../../src/lib/protocol/shadow.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { askAll, combot } from "./calls.ts";
import { line } from "./lines.ts";

/** Few enough that the candidate keeps up: what it passes over it says nothing of. */
const CLIENTS = 1;
const SETTLED_MS = 2000;
const MOST_APART = 0.005;

/** The candidate behind calls of the very texts that were evaluated: how often both say the same is known from there. */
export async function* shadowed(
  socketPath: string,
  candidate: string,
  texts: readonly string[],
  { comparison, evaluated }: EvalReport,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const own = ["--socket", socketPath];
  say(`shadow: ${texts.length} texts`);
  await combot(["model", "shadow", candidate, "--share", "100%", ...own]);
  const { failed } = await askAll(socketPath, texts, CLIENTS);
  let compared = -1;
  for (;;) {
    const { shadow } = await combot<ShadowReply>(["model", "shadow", ...own]);
    const now = shadow?.texts.compared ?? 0;
    if (now === compared) break;
    compared = now;
    await delay(SETTLED_MS);
  }
  const { shadow } = await combot<ShadowReply>(["model", "shadow", "--stop", ...own]);
  const agreed = (shadow?.texts.agreed ?? 0) / Math.max(1, compared);
  const expected = (comparison?.agreed ?? 0) / evaluated.texts;
  yield line("calls behind which it ran, and failed ones", `${texts.length}, ${failed}`, "none failed", failed === 0);
  const skipped = Object.entries(shadow?.texts.skipped ?? {}).map(([why, count]) => `${why}: ${count}`);
  yield line(
    `texts compared of ${texts.length}; passed over (${skipped.join(", ")})`,
    compared,
    "at least 90%",
    compared >= 0.9 * texts.length,
  );
  yield line(
    "share of texts to which both gave the same label, by the shadow and by model eval",
    `${round(agreed, 4)}, ${round(expected, 4)}`,
    `at most ${MOST_APART} apart`,
    Math.abs(agreed - expected) <= MOST_APART,
  );
}
