import { join } from "node:path";
import { expect, test } from "vitest";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import { startJournal } from "../../contract/journal/running-journal.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { START_MS, startRollups } from "./support/running-rollups.ts";

test.each([-3_600_000, 3_600_000])("a clock that is set by %d ms makes no minute longer or shorter", async (byMs) => {
  const path = join(temporaryFolder(), "journal.db");
  const { journal } = startJournal(new SqliteStore(path));
  const { rollups, pass } = startRollups(journal);
  pass(30_000 + byMs, 30_000);
  await rollups.stop();
  await journal.stop();
  const [minute] = await new SqliteStore(path).history(0, 60_000);
  expect(minute).toMatchObject({ at_ms: START_MS - 10_000, span_ms: 30_000 });
});
