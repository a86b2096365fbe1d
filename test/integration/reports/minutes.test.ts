import { join } from "node:path";
import { expect, test } from "vitest";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import { TextCounter } from "../../../src/daemon/journal/text-counter.ts";
import { InboxCounter } from "../../../src/daemon/journal/inbox-counter.ts";
import { AnswerTally } from "../../../src/daemon/metrics/answer-tally.ts";
import { MinuteTally } from "../../../src/daemon/metrics/minute.ts";
import { ModelMinutes } from "../../../src/daemon/reports/model-minutes.ts";
import { Rollups } from "../../../src/daemon/reports/rollups.ts";
import { startJournal } from "../../contract/journal/running-journal.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const START_MS = Date.parse("2026-06-01T12:00:10Z");

test.each([-3_600_000, 3_600_000])("a clock that is set by %d ms makes no minute longer or shorter", async (byMs) => {
  const path = join(temporaryFolder(), "journal.db");
  const { journal } = startJournal(new SqliteStore(path));
  let [wallMs, monotonicMs] = [START_MS, 1000];
  const rollups = new Rollups({
    journal,
    clocks: { wall: () => wallMs, monotonic: () => monotonicMs },
    tally: new MinuteTally(() => monotonicMs),
    texts: new TextCounter(false),
    inbox: new InboxCounter(false),
    answers: new AnswerTally(() => monotonicMs),
    models: new ModelMinutes({ tenants: () => [], engines: () => [] }),
    basisOf: () => undefined,
    governor: { level: "normal", sample: undefined },
    users: () => 0,
    onFailure: () => undefined,
    sample: async () => undefined,
    runId: "r",
  });
  rollups.start();
  [wallMs, monotonicMs] = [wallMs + 30_000 + byMs, monotonicMs + 30_000];
  await rollups.stop();
  await journal.stop();
  const [minute] = await new SqliteStore(path).history(0, 60_000);
  expect(minute).toMatchObject({ at_ms: START_MS - 10_000, span_ms: 30_000 });
});
