import type { Journal } from "../../../../src/daemon/journal/journal.ts";
import { InboxCounter } from "../../../../src/daemon/journal/inbox-counter.ts";
import { TextCounter } from "../../../../src/daemon/journal/text-counter.ts";
import { AnswerTally } from "../../../../src/daemon/metrics/answer-tally.ts";
import { MinuteTally } from "../../../../src/daemon/metrics/minute.ts";
import { ModelMinutes } from "../../../../src/daemon/reports/model-minutes.ts";
import type { ModelMinutesParts } from "../../../../src/daemon/reports/model-minutes.ts";
import { Rollups } from "../../../../src/daemon/reports/rollups.ts";

export const START_MS = Date.parse("2026-06-01T12:00:10Z");

/** The minutes of a daemon, by clocks that are set by hand. */
export function startRollups(
  journal: Journal,
  models: ModelMinutesParts = { tenants: () => [], engines: () => [] },
): { readonly rollups: Rollups; readonly pass: (wallMs: number, monotonicMs: number) => void } {
  let [wallMs, monotonicMs] = [START_MS, 1000];
  const rollups = new Rollups({
    journal,
    clocks: { wall: () => wallMs, monotonic: () => monotonicMs },
    tally: new MinuteTally(() => monotonicMs),
    texts: new TextCounter(false),
    inbox: new InboxCounter(false),
    answers: new AnswerTally(() => monotonicMs),
    models: new ModelMinutes(models),
    basisOf: () => undefined,
    governor: { level: "normal", sample: undefined },
    users: () => 0,
    onFailure: () => undefined,
    sample: async () => undefined,
    runId: "r",
  });
  rollups.start();
  return {
    rollups,
    pass: (wall, monotonic) => void ([wallMs, monotonicMs] = [wallMs + wall, monotonicMs + monotonic]),
  };
}
