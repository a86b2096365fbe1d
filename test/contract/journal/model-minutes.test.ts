import { expect, test } from "vitest";
import { batchOf } from "../../../src/daemon/journal/buffer.ts";
import { minuteEvent, modelsEvent } from "../../../src/daemon/journal/events.ts";
import type { ModelMinuteRow } from "../../../src/daemon/journal/events.ts";
import { MIGRATIONS, SCHEMA_TABLE } from "../../../src/daemon/journal/migrations.ts";
import { describeEachStore } from "./stores.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");
const MINUTE_MS = 60_000;
const NONE = { failures: 0, texts: 0, cached_texts: 0, answered_ms: 0, p99_ms: null, loads: 0, evictions: 0 };

const row = (model: string, requests: number, more: Partial<ModelMinuteRow> = {}): ModelMinuteRow => {
  return { model, requests, ...NONE, ...more };
};

const minuteOf = (at: number, ...rows: readonly ModelMinuteRow[]) =>
  modelsEvent(`r-${String(at).padStart(6, "0")}`, START_MS + at * MINUTE_MS, rows);

describeEachStore("keeps minutes by model:", (kind, backend) => {
  test("they come back of one model, put together to stretches; a repetition is passed over", async () => {
    const store = (await backend()).open();
    const first = { failures: 1, texts: 7, cached_texts: 3, answered_ms: 12.5, p99_ms: 9.25, loads: 1 };
    const second = { texts: 2, answered_ms: 30, p99_ms: 20, evictions: 1 };
    const batch = batchOf([
      minuteOf(0, row("mood", 5, first), row("topic", 3)),
      minuteOf(1, row("mood", 2, second)),
      minuteOf(2, row("mood", 1)),
    ]);
    await store.write(batch, "attempt-1");
    await store.write(batch, "attempt-2");
    const summed = { requests: 7, failures: 1, texts: 9, cached_texts: 3, answered_ms: 42.5, p99_ms: 20, loads: 1 };
    expect(await store.modelHistory("mood", START_MS, 2 * MINUTE_MS)).toEqual([
      { at_ms: START_MS, ...summed, evictions: 1 },
      { at_ms: START_MS + 2 * MINUTE_MS, requests: 1, ...NONE },
    ]);
    expect(await store.modelHistory("topic", START_MS, MINUTE_MS, START_MS + MINUTE_MS)).toMatchObject([
      { requests: 3 },
    ]);
    expect(await store.modelHistory("moods", START_MS, MINUTE_MS)).toEqual([]);
    expect(await store.modelNames(0)).toEqual(["mood", "topic"]);
    expect(await store.modelNames(START_MS + MINUTE_MS)).toEqual(["mood"]);
    expect(await store.modelNames(0, START_MS)).toEqual([]);
  });

  test("what is older than the retention goes", async () => {
    const store = (await backend()).open();
    await store.write(batchOf([0, 1, 2, 3].map((at) => minuteOf(at, row("mood", 1), row("topic", 1)))), "attempt-3");
    while ((await store.prune(START_MS + 2 * MINUTE_MS)) > 0);
    const kept = await store.modelHistory("mood", 0, MINUTE_MS);
    expect(kept.map((one) => one["at_ms"])).toEqual([2, 3].map((at) => START_MS + at * MINUTE_MS));
    expect(await store.modelHistory("topic", 0, MINUTE_MS)).toHaveLength(2);
  });

  test("schema 4 is brought up to date with its minutes, and says that earlier releases can work with it", async () => {
    const { open, run, rows } = await backend();
    await run(SCHEMA_TABLE);
    for (const step of MIGRATIONS.filter(({ version }) => version <= 4)) {
      await run(step[kind]);
      await run(`INSERT INTO combot_schema VALUES (${step.version}, ${step.readableFrom}, 0)`);
    }
    await run(`INSERT INTO combot_minutes (id, at_ms, span_ms, requests, texts, errors, hits, misses, recycles, users)
      VALUES ('old', ${START_MS}, 60000, 5, 5, 0, 1, 4, 0, 0)`);
    const store = open();
    await store.write(batchOf([minuteOf(1, row("mood", 1))]), "attempt-4");
    expect(await store.history(0, MINUTE_MS)).toMatchObject([{ at_ms: START_MS, requests: 5 }]);
    expect(await store.modelHistory("mood", 0, MINUTE_MS)).toHaveLength(1);
    const [newest] = await rows("SELECT version, readable_from FROM combot_schema ORDER BY version DESC LIMIT 1");
    expect(newest).toMatchObject({ version: 5, readable_from: 1 });

    // What a release of schema 4 writes and removes: it goes on, beside a table that it does not know.
    const counts = { requests: 1, texts: 1, errors: 0, hits: 0, misses: 1, recycles: 0, users: 1, span_ms: 1 };
    await store.write(
      batchOf([minuteEvent({ id: "m", at_ms: START_MS + 1, ...counts, usage: 0, level: 0 })]),
      "attempt-5",
    );
    await run(`DELETE FROM combot_minutes WHERE at_ms < ${START_MS + MINUTE_MS}`);
    expect(await store.modelHistory("mood", 0, MINUTE_MS)).toHaveLength(1);
  });
});
