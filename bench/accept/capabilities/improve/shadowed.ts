import { setTimeout as delay } from "node:timers/promises";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { EvalReport } from "../../../../src/lib/protocol/model-eval.ts";
import type { ShadowReply } from "../../../../src/lib/protocol/shadow.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { askAll, combot } from "./calls.ts";
import { line } from "./lines.ts";

/** Few enough to wait behind one another: what a candidate passes over says nothing of it. */
const AT_ONCE = 32;
const CLIENTS = 4;
const LOOK_MS = 20;
const MOST_APART = 0.005;

/** The candidate behind calls of the very texts that were evaluated: how often both say the same is known from there. */
export async function* shadowed(
  daemon: PrivateDaemon,
  candidate: string,
  texts: readonly string[],
  { comparison, evaluated }: EvalReport,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const own = ["--socket", daemon.socketPath];
  await combot(["model", "shadow", candidate, "--share", "100%", ...own]);
  let failed = 0;
  for (let at = 0; at < texts.length; at += AT_ONCE) {
    say(`shadow: ${at} of ${texts.length} texts`);
    const some = texts.slice(at, at + AT_ONCE);
    failed += (await askAll(daemon.socketPath, some, CLIENTS)).failed;
    while (dealtWith(await daemon.json<ShadowReply>("GET", "/api/model/shadow/")) < at + some.length)
      await delay(LOOK_MS);
  }
  const { shadow } = await combot<ShadowReply>(["model", "shadow", "--stop", ...own]);
  const compared = shadow?.texts.compared ?? 0;
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

function dealtWith({ shadow }: ShadowReply): number {
  if (!shadow || shadow.state === "ended") throw new Error("the shadow has ended");
  const { compared, failed, skipped } = shadow.texts;
  return compared + failed + skipped.busy + skipped.level + skipped.evicted;
}
