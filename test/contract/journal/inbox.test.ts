import { expect, test } from "vitest";
import { answersEvent, inboxEvent, minuteEvent, textsEvent } from "../../../src/daemon/journal/events.ts";
import type { CountedUnsure, JournalEvent, Minute } from "../../../src/daemon/journal/events.ts";
import type { Batch } from "../../../src/daemon/journal/store.ts";
import { describeEachStore } from "./stores.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");
const MINUTE_MS = 60_000;
const COUNTS = { requests: 10, texts: 20, errors: 1, hits: 5, misses: 15, recycles: 1, users: 1, span_ms: MINUTE_MS };
const MINUTE: Minute = { id: "m-1", at_ms: START_MS, ...COUNTS, usage: 0.5, level: 0, decided: 10, unsure: 1 };
let attempts = 0;

function batchOf(...events: readonly JournalEvent[]): Batch {
  const batch: Record<string, string[]> = {};
  for (const { kind, json } of events) (batch[kind] ??= []).push(json);
  return batch;
}

function unsure(digest: string, more: Partial<CountedUnsure> = {}): CountedUnsure {
  const text = `text ${digest}`;
  return { model: "default", digest, count: 1, ambiguous: 0, label: "refund", score: 0.25, text, ...more };
}

const ALL = { model: "default", sinceMs: 0, least: 1, which: "all", limit: 100, offset: 0 } as const;

const attempt = (): string => `attempt-${++attempts}`;

describeEachStore("keeps what was not understood:", (_kind, backend) => {
  test("texts that were not understood are counted over events, with what came of the last one", async () => {
    const store = (await backend()).open();
    const first = inboxEvent("i-1", START_MS, [unsure("a", { count: 2 }), unsure("b", { count: 9, ambiguous: 4 })]);
    const later = inboxEvent("i-2", START_MS + 5, [unsure("a", { label: "order", score: 0.5, ambiguous: 1 })]);
    const other = inboxEvent("i-3", START_MS + 5, [unsure("a", { model: "mood", count: 70 })]);
    await store.write(batchOf(later, first, other), attempt());
    // What was cut off may come again.
    await store.write(batchOf(first, later), attempt());
    const b = { ...unsure("b", { count: 9, ambiguous: 4 }), lastSeenMs: START_MS, given: null };
    const a = unsure("a", { count: 3, ambiguous: 1, label: "order", score: 0.5 });
    const all = [b, { ...a, lastSeenMs: START_MS + 5, given: null }];
    expect(await store.inbox.list(ALL)).toEqual(all);
    expect(await store.inbox.list({ ...ALL, limit: 1 })).toEqual([b]);
    expect((await store.inbox.list({ ...ALL, limit: 1, offset: 1 })).map(({ digest }) => digest)).toEqual(["a"]);
    expect(await store.inbox.list({ ...ALL, least: 4 })).toEqual([b]);
    expect((await store.inbox.list({ ...ALL, sinceMs: START_MS + 1 })).map(({ digest }) => digest)).toEqual(["a"]);
    expect((await store.inbox.list({ ...ALL, model: "mood" })).map(({ count }) => count)).toEqual([70]);
    await store.write(batchOf(inboxEvent("i-4", START_MS + 9, [unsure("label order", { text: null })])), attempt());
    expect(await store.inbox.list(ALL)).toEqual(all);
    expect(await store.inbox.counts(0, "default")).toEqual([
      { model: "default", label: "refund", count: 10, ambiguous: 4 },
      { model: "default", label: "order", count: 3, ambiguous: 1 },
    ]);
  });

  test("a text is given a label, which is taken back, and outlives what is asked seldom", async () => {
    const store = (await backend()).open();
    const rows = Array.from({ length: 10_005 }, (_, at) => unsure(`d${at}`, { count: at + 2 }));
    await store.write(batchOf(inboxEvent("i-1", START_MS, [unsure("a"), unsure("b"), ...rows])), attempt());
    const give = (digest: string, given: string | null) =>
      store.inbox.label([{ model: "default", digest, given, at_ms: START_MS }]);
    expect(await give("a", "it's new")).toEqual(["a"]);
    expect(await give("b", "refund")).toEqual(["b"]);
    expect(await give("nobody", "refund")).toEqual([]);
    expect(await give("b", null)).toEqual(["b"]);
    expect(await store.inbox.list({ ...ALL, which: "labelled" })).toMatchObject([{ digest: "a", given: "it's new" }]);
    while ((await store.prune(0)) > 0);
    expect(await store.inbox.list({ ...ALL, limit: 20_000 })).toHaveLength(10_001);
    expect(await store.inbox.list({ ...ALL, which: "labelled" })).toHaveLength(1);
    while ((await store.prune(START_MS + 1)) > 0);
    expect(await store.inbox.list(ALL)).toEqual([]);
  });

  test("what is forgotten is in no table any more", async () => {
    const { open, rows } = await backend();
    const store = open();
    const texts = ["a", "b"].map((digest) => ({ digest, count: 1, text: `text ${digest}` }));
    const fill = (id: string): Promise<void> =>
      store.write(
        batchOf(inboxEvent(`${id}i`, START_MS, [unsure("a"), unsure("b")]), textsEvent(id, START_MS, texts)),
        attempt(),
      );
    await fill("t-1");
    expect(await store.inbox.forget(["a", "nobody"])).toBe(2);
    expect((await store.inbox.list(ALL)).map(({ digest }) => digest)).toEqual(["b"]);
    expect((await store.frequentTexts(10)).map(({ digest }) => digest)).toEqual(["b"]);
    await fill("t-2");
    expect(await store.inbox.forget(null)).toBe(4);
    expect(await rows("SELECT digest FROM combot_inbox UNION SELECT digest FROM combot_texts")).toEqual([]);
  });

  test("what was decided comes back by stretch, model and way to decide, and goes by its age", async () => {
    const store = (await backend()).open();
    const minutes = [0, 1, 2, 3].map((at) =>
      answersEvent(`a-${at}`, START_MS + at * MINUTE_MS, {
        model: "default",
        basis: at < 3 ? "x" : "y",
        decided: 10,
        unsure: at,
      }),
    );
    await store.write(batchOf(...minutes, minuteEvent(MINUTE)), attempt());
    expect(await store.answers(0, 2 * MINUTE_MS)).toEqual([
      { atMs: START_MS, model: "default", basis: "x", decided: 20, unsure: 1 },
      ...["x", "y"].map((basis, at) => {
        return { atMs: START_MS + 2 * MINUTE_MS, model: "default", basis, decided: 10, unsure: 2 + at };
      }),
    ]);
    expect(await store.history(0, MINUTE_MS)).toMatchObject([{ decided: 10, unsure: 1 }]);
    while ((await store.prune(START_MS + 3 * MINUTE_MS)) > 0);
    expect(await store.answers(0, MINUTE_MS)).toHaveLength(1);
  });
});
