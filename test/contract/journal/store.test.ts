import { expect, test } from "vitest";
import { alertEvent, decisionEvent, minuteEvent } from "../../../src/daemon/journal/events.ts";
import { momentEvent, textsEvent } from "../../../src/daemon/journal/events.ts";
import type { JournalEvent, Minute } from "../../../src/daemon/journal/events.ts";
import { MIGRATIONS, SCHEMA_TABLE } from "../../../src/daemon/journal/migrations.ts";
import type { Batch } from "../../../src/daemon/journal/store.ts";
import type { Decision } from "../../../src/lib/protocol/decisions.ts";
import { describeEachStore } from "./stores.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");
const MINUTE_MS = 60_000;
let attempts = 0;

function decision(index: number, more: Partial<Decision> = {}): Decision {
  const at = new Date(START_MS + index * 1000).toISOString();
  const id = `e-${String(index).padStart(6, "0")}`;
  return {
    id,
    at,
    action: "hold",
    reason: "r",
    measured: 0.9,
    threshold: 0.9,
    freedBytes: null,
    durationMs: 0,
    ...more,
  };
}

function minute(index: number, more: Partial<Minute> = {}): Minute {
  const counts = {
    requests: 10,
    texts: 20,
    errors: 1,
    hits: 5,
    misses: 15,
    recycles: 1,
    users: index,
    span_ms: MINUTE_MS,
  };
  return { id: `m-${index}`, at_ms: START_MS + index * MINUTE_MS, ...counts, usage: 0.5, level: 0, ...more };
}

function batchOf(...events: readonly JournalEvent[]): Batch {
  const batch: Record<string, string[]> = {};
  for (const { kind, json } of events) (batch[kind] ??= []).push(json);
  return batch;
}

const attempt = (): string => `attempt-${++attempts}`;

describeEachStore("keeps the store's contract:", (kind, backend) => {
  test("decisions come back as they were, oldest first", async () => {
    const store = (await backend()).open();
    const odd = decision(2, { detail: 'it\'s "odd": \u0000 ; -- 漢字 🎉', slot: 3, freedBytes: 5e9, measured: null });
    await store.write(batchOf(...[decision(1), odd, decision(3)].map(decisionEvent)), attempt());
    expect(await store.decisions(-Infinity, 10)).toEqual([
      decision(1),
      { ...odd, detail: 'it\'s "odd": \uFFFD ; -- 漢字 🎉' },
      decision(3),
    ]);
  });

  test("the newest are listed where there are more than asked for, and later ones alone", async () => {
    const store = (await backend()).open();
    await store.write(batchOf(...Array.from({ length: 20 }, (_, i) => decisionEvent(decision(i)))), attempt());
    expect(await store.decisions(0, 2)).toEqual([decision(18), decision(19)]);
    expect(await store.decisions(START_MS + 17_000, 10)).toEqual([decision(18), decision(19)]);
    expect(await store.decisions(START_MS + 19_000, 10)).toEqual([]);
    expect(await store.decisions(0, 2, START_MS + 17_000)).toEqual([decision(15), decision(16)]);
    expect(await store.decisions(START_MS + 4000, 10, START_MS + 6000)).toEqual([decision(5)]);
  });

  test("what is written twice is there once, also in part", async () => {
    const store = (await backend()).open();
    const texts = textsEvent("t-1", START_MS, [{ digest: "d", count: 3, text: null }]);
    const first = batchOf(decisionEvent(decision(1)), minuteEvent(minute(1)), texts);
    await store.write(first, attempt());
    await store.write(first, attempt());
    await store.write(batchOf(decisionEvent(decision(1)), decisionEvent(decision(2)), texts), attempt());
    expect(await store.decisions(0, 10)).toEqual([decision(1), decision(2)]);
    expect((await store.frequentTexts(10)).map(({ count }) => count)).toEqual([3]);
    expect(await store.history(0, MINUTE_MS)).toHaveLength(1);
  });

  test("a batch with a row that can't be kept is refused as a whole, and named so", async () => {
    const store = (await backend()).open();
    const bad: JournalEvent = {
      kind: "decision",
      json: JSON.stringify({ id: "x", at_ms: 1, action: null, reason: "r", body: 1 }),
    };
    await expect(store.write(batchOf(decisionEvent(decision(1)), bad), attempt())).rejects.toMatchObject({
      kind: "refused",
    });
    expect(await store.decisions(0, 10)).toEqual([]);
    await store.write(batchOf(decisionEvent(decision(1))), attempt());
    expect(await store.decisions(0, 10)).toEqual([decision(1)]);
  });

  test("minutes are put together to stretches: counts added, levels and latencies the worst", async () => {
    const store = (await backend()).open();
    const minutes = [
      minute(0, { computed_p99: 10, usage: 0.2 }),
      minute(1, { computed_p99: 30, usage: 0.9, level: 3 }),
      minute(2, { computed_p99: null, usage: null }),
      { ...minute(2), id: "m-2-after-a-restart" },
    ];
    await store.write(batchOf(...minutes.map(minuteEvent)), attempt());
    const [first, second, ...rest] = await store.history(0, 2 * MINUTE_MS);
    expect(first).toMatchObject({
      at_ms: START_MS,
      requests: 20,
      hits: 10,
      computed_p99: 30,
      usage: 0.9,
      level: 3,
      users: 1,
    });
    expect(first).toMatchObject({ memory_p50: null, span_ms: 2 * MINUTE_MS });
    expect(second).toMatchObject({ at_ms: START_MS + 2 * MINUTE_MS, requests: 20, computed_p99: null, usage: 0.5 });
    expect(rest).toEqual([]);
    expect(await store.history(START_MS + 2 * MINUTE_MS, MINUTE_MS)).toHaveLength(1);
    const until = await store.history(START_MS, MINUTE_MS, START_MS + 2 * MINUTE_MS);
    expect(until.map(({ at_ms }) => at_ms)).toEqual([START_MS, START_MS + MINUTE_MS]);
    expect(await store.oldestMs()).toBe(START_MS);
  });

  test("of moments the last one of each stretch comes back, as it was packed", async () => {
    const store = (await backend()).open();
    expect(await store.oldestMs()).toBeNull();
    const body = (index: number) => ({ v: 1, z: `packed ${index} "odd" \\ 漢字` });
    const moments = Array.from({ length: 10 }, (_, index) =>
      momentEvent(`m-${index}`, START_MS + index * MINUTE_MS, body(index)),
    );
    // The daemon was started again within the minute.
    const again = momentEvent("m-4-after", START_MS + 4 * MINUTE_MS, body(40));
    await store.write(batchOf(...moments, again), attempt());
    const all = await store.moments(START_MS + 3 * MINUTE_MS, MINUTE_MS, START_MS + 6 * MINUTE_MS);
    expect(all).toEqual([3, 40, 5].map((index, at) => ({ atMs: START_MS + (3 + at) * MINUTE_MS, body: body(index) })));
    const stretches = await store.moments(START_MS, 5 * MINUTE_MS, START_MS + 10 * MINUTE_MS);
    expect(stretches.map((moment) => moment.body)).toEqual([body(40), body(9)]);
  });

  test("texts are counted over events, the most frequent first; a text once known stays", async () => {
    const store = (await backend()).open();
    const a = { digest: "a", count: 2, text: "hello" };
    const b = { digest: "b", count: 3, text: null };
    await store.write(
      batchOf(textsEvent("t-1", START_MS, [a, b]), textsEvent("t-2", START_MS + 5, [{ ...a, text: null }])),
      attempt(),
    );
    await store.write(batchOf(textsEvent("t-3", START_MS + 9, [a])), attempt());
    expect(await store.frequentTexts(10)).toEqual([
      { digest: "a", count: 6, lastSeenMs: START_MS + 9, text: "hello" },
      { digest: "b", count: 3, lastSeenMs: START_MS, text: null },
    ]);
    expect(await store.frequentTexts(1)).toHaveLength(1);
  });

  test("alerts come back as they were", async () => {
    const store = (await backend()).open();
    const what = { alert: "disk", severity: "critical", state: "firing", measured: 0.01, threshold: 0.05 } as const;
    const alert = { id: "a-1", at: new Date(START_MS).toISOString(), ...what };
    await store.write(batchOf(alertEvent(alert)), attempt());
    expect(await store.alerts(0, 10)).toEqual([alert]);
  });

  test("pruning removes what is older, in pieces, and nothing else", async () => {
    const store = (await backend()).open();
    const events = Array.from({ length: 2500 }, (_, i) => decisionEvent(decision(i)));
    const texts = textsEvent("t-1", START_MS, [{ digest: "old", count: 9, text: null }]);
    const later = textsEvent("t-2", START_MS + 3_000_000, [{ digest: "new", count: 1, text: null }]);
    const moments = [0, 50].map((at) => momentEvent(`m-${at}`, START_MS + at * MINUTE_MS, { v: 1, z: "" }));
    const minutes = [0, 50].map((at) => minuteEvent(minute(at)));
    await store.write(batchOf(...events, ...minutes, ...moments, texts, later), attempt());
    const removed: number[] = [];
    for (let pieces = 0; pieces < 10; pieces++) removed.push(await store.prune(START_MS + 2_400_000));
    expect(removed.filter((count) => count > 0).length).toBeGreaterThan(1);
    expect(removed.at(-1)).toBe(0);
    expect(await store.decisions(0, 1000)).toHaveLength(100);
    expect((await store.history(0, MINUTE_MS)).map(({ at_ms }) => at_ms)).toEqual([START_MS + 50 * MINUTE_MS]);
    const kept = await store.moments(0, MINUTE_MS, START_MS + 100 * MINUTE_MS);
    expect(kept.map(({ atMs }) => atMs)).toEqual([START_MS + 50 * MINUTE_MS]);
    expect((await store.frequentTexts(10)).map(({ digest }) => digest)).toEqual(["new"]);
  });

  test("what was released or closed is opened again by the next call, with what it held", async () => {
    const store = (await backend()).open();
    await store.write(batchOf(decisionEvent(decision(1))), attempt());
    await store.release();
    expect(await store.decisions(0, 10)).toEqual([decision(1)]);
    await store.close();
    expect(await store.decisions(0, 10)).toEqual([decision(1)]);
  });

  test("two that open an empty database at once bring it up to date once", async () => {
    const { open, rows } = await backend();
    const stores = Array.from({ length: 4 }, open);
    await Promise.all(stores.map((store) => store.open()));
    const versions = await rows("SELECT version FROM combot_schema ORDER BY version");
    expect(versions.map(({ version }) => version)).toEqual(MIGRATIONS.map(({ version }) => version));
    await Promise.all(stores.map((store, i) => store.write(batchOf(decisionEvent(decision(i))), attempt())));
    expect(await stores[0]!.decisions(0, 10)).toHaveLength(4);
  });

  test.each(MIGRATIONS.slice(0, -1).map(({ version }) => version))(
    "schema %i is brought up to date with what it holds",
    async (version) => {
      const { open, run } = await backend();
      await run(SCHEMA_TABLE);
      for (const step of MIGRATIONS.filter((one) => one.version <= version)) {
        await run(step[kind]);
        await run(`INSERT INTO combot_schema VALUES (${step.version}, ${step.readableFrom}, 0)`);
      }
      const body = JSON.stringify(decision(1)).replaceAll("'", "''");
      await run(`INSERT INTO combot_decisions VALUES ('e-000001', ${START_MS + 1000}, 'hold', 'r', '${body}')`);
      const store = open();
      await store.write(batchOf(decisionEvent(decision(2)), minuteEvent(minute(1))), attempt());
      expect(await store.decisions(0, 10)).toEqual([decision(1), decision(2)]);
    },
  );

  test("a newer schema is refused, unless it says that it suits this release", async () => {
    const { open, run } = await backend();
    const store = open();
    await store.open();
    await run("INSERT INTO combot_schema VALUES (98, 1, 0)");
    const rolledBack = open();
    await rolledBack.write(batchOf(decisionEvent(decision(1))), attempt());
    await run("INSERT INTO combot_schema VALUES (99, 98, 0)");
    await expect(open().open()).rejects.toMatchObject({ kind: "newer", message: expect.stringContaining("schema 99") });
  });
});
