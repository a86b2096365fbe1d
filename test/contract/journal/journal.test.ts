import { expect, test } from "vitest";
import type { Decision } from "../../../src/lib/protocol/decisions.ts";
import { decisionAt, startJournal } from "./running-journal.ts";
import { describeEachStore } from "./stores.ts";

const SOON = { timeout: 15_000, interval: 20 };

describeEachStore("under the journal:", (_kind, backend) => {
  test("what is recorded can be read, and is written in order", async () => {
    const store = (await backend()).open();
    const { journal, told } = startJournal(store);
    const all = Array.from({ length: 2500 }, (_, index) => decisionAt(index));
    for (const decision of all) journal.decision(decision);
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 2500, dropped: 0 });
    expect(await journal.decisions({ limit: 1000 })).toEqual(all.slice(-1000));
    expect(told).toEqual([]);
  });

  test("an event that the store refuses is given up alone, and counted", async () => {
    const store = (await backend()).open();
    const { journal } = startJournal(store);
    for (let index = 0; index < 10; index++) {
      const action = (index === 4 ? null : "hold") as Decision["action"];
      journal.decision({ ...decisionAt(index), action });
    }
    await expect.poll(() => journal.state, SOON).toMatchObject({ waiting: 0, written: 9, dropped: 1 });
    expect(await store.decisions(0, 100)).toHaveLength(9);
  });

  test("a decision of a kind that this release does not know is left out", async () => {
    const store = (await backend()).open();
    const { journal } = startJournal(store);
    journal.decision({ ...decisionAt(1), action: "of a later release" as Decision["action"] });
    journal.decision(decisionAt(2));
    await expect.poll(() => journal.state.written, SOON).toBe(2);
    expect(await journal.decisions({})).toEqual([decisionAt(2)]);
  });

  test("whoever reads while it is being opened waits for it", async () => {
    const { open } = await backend();
    const first = startJournal(open()).journal;
    first.decision(decisionAt(1));
    await first.stop();
    const { journal, told } = startJournal(open());
    expect(await Promise.all([journal.decisions({}), journal.history(0, 60_000)])).toEqual([[decisionAt(1)], []]);
    expect(told).toEqual([]);
  });

  test("what waits when it stops is written first", async () => {
    const { open } = await backend();
    const store = open();
    const { journal } = startJournal(store);
    await expect.poll(() => journal.state.state, SOON).toBe("up");
    for (let index = 0; index < 5000; index++) journal.decision(decisionAt(index));
    await journal.stop();
    expect(journal.state).toMatchObject({ waiting: 0, written: 5000 });
    expect(await open().decisions(0, 10_000)).toHaveLength(5000);
  });

  test("what is older than the retention is removed when it opens", async () => {
    const { open } = await backend();
    const first = startJournal(open());
    first.journal.decision(decisionAt(0));
    // Within the last hours: a clock that no row agrees with is not trusted.
    first.journal.decision({ ...decisionAt(1), at: new Date(Date.now() - 2 * 3_600_000).toISOString() });
    await first.journal.stop();
    const store = open();
    startJournal(store, { retentionMs: 86_400_000 });
    await expect.poll(async () => (await store.decisions(0, 10)).length, SOON).toBe(1);
  });

  test("a later release's schema turns it off for good, and says so once", async () => {
    const { open, run } = await backend();
    await open().open();
    await run("INSERT INTO combot_schema VALUES (99, 99, 0)");
    const { journal, told } = startJournal(open());
    journal.decision(decisionAt(1));
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "off", waiting: 0, dropped: 1 });
    expect(told).toMatchObject([{ state: "off", reason: expect.stringContaining("schema 99") }]);
    await expect(journal.decisions({})).rejects.toMatchObject({ kind: "away" });
  });
});
