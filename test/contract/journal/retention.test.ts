import { expect, onTestFinished, test } from "vitest";
import { batchOf } from "../../../src/daemon/journal/buffer.ts";
import { alertEvent, decisionEvent, minuteEvent, textsEvent } from "../../../src/daemon/journal/events.ts";
import { Retention } from "../../../src/daemon/journal/retention.ts";
import type { Store } from "../../../src/daemon/journal/store.ts";
import { decisionAt, startJournal } from "./running-journal.ts";
import { describeEachStore } from "./stores.ts";

const SOON = { timeout: 15_000, interval: 20 };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.parse("2026-06-01T12:00:00Z");

/** Both clocks of a machine; `pass` lets time go by, `set` changes the time of day alone. */
class MachineClock {
  #wallMs = NOW_MS;
  #monotonicMs = 0;
  readonly clocks = { wall: () => this.#wallMs, monotonic: () => this.#monotonicMs };

  pass(ms: number): void {
    this.#wallMs += ms;
    this.#monotonicMs += ms;
  }

  set(byMs: number): void {
    this.#wallMs += byMs;
  }
}

/** One row of each kind at this time. */
async function writeAt(store: Store, atMs: number): Promise<void> {
  const at = new Date(atMs).toISOString();
  const id = String(atMs);
  const counts = { span_ms: 1, requests: 1, texts: 1, errors: 0, hits: 0, misses: 1, recycles: 0, users: 1 };
  const what = { alert: "disk", severity: "critical", state: "firing", measured: 0, threshold: 1 } as const;
  const events = [
    decisionEvent({ ...decisionAt(0), id, at }),
    minuteEvent({ id, at_ms: atMs, ...counts, usage: 0.5, level: 0 }),
    alertEvent({ id, at, ...what }),
    textsEvent(id, atMs, [{ digest: id, count: 1, text: null }]),
  ];
  await store.write(batchOf(events), id);
}

/** As a daemon that starts now has it. */
function retentionOf(store: Store, clock: MachineClock, retentionMs = 30 * DAY_MS) {
  const told: (string | null)[] = [];
  const retention = new Retention({
    store,
    retentionMs,
    clocks: clock.clocks,
    isUp: () => true,
    onHold: (why) => told.push(why),
  });
  onTestFinished(() => retention.stop());
  return { retention, told };
}

async function rowsIn(store: Store): Promise<number> {
  const parts = await Promise.all([
    store.decisions(0, 1000),
    store.alerts(0, 1000),
    store.history(0, 1),
    store.frequentTexts(1000),
  ]);
  return parts.reduce((sum, { length }) => sum + length, 0);
}

describeEachStore("removes nothing by a wrong clock:", (_kind, backend) => {
  /** Fourty days of rows, four a day, up to now. */
  const filled = async (): Promise<Store> => {
    const store = (await backend()).open();
    for (let day = 0; day < 40; day++) await writeAt(store, NOW_MS - MINUTE_MS - day * DAY_MS);
    await writeAt(store, NOW_MS - HOUR_MS - MINUTE_MS);
    return store;
  };
  const ALL = 41 * 4;
  const WITHIN_30_DAYS = 31 * 4;

  test("with a clock that the rows agree with, what is old goes at once", async () => {
    const store = await filled();
    const { retention, told } = retentionOf(store, new MachineClock());
    await retention.prune();
    expect(await rowsIn(store)).toBe(WITHIN_30_DAYS);
    expect({ told, held: retention.held }).toEqual({ told: [], held: null });
  });

  test.each([60 * DAY_MS, 25 * HOUR_MS, 365 * DAY_MS])(
    "%d ms ahead at the start: held and said once, also after a restart that finds rows by the wrong clock",
    async (aheadMs) => {
      const store = await filled();
      const clock = new MachineClock();
      clock.set(aheadMs);
      let rows = ALL;
      for (let start = 0; start < 3; start++) {
        const { retention, told } = retentionOf(store, clock);
        for (let minute = 0; minute < 15; minute += 5) {
          await retention.prune();
          await writeAt(store, clock.clocks.wall());
          rows += 4;
          clock.pass(5 * MINUTE_MS);
        }
        expect(told).toEqual([expect.stringContaining("long behind the clock")]);
        expect(await rowsIn(store)).toBe(rows);
      }
      // The clock is put right; the rows from its bad time say that it is not.
      clock.set(-aheadMs);
      const { retention, told } = retentionOf(store, clock);
      await retention.prune();
      expect(told).toEqual([expect.stringContaining("ahead of the clock")]);
      expect(retention.held).toBe(told[0]);
      expect(await rowsIn(store)).toBe(rows);
    },
  );

  test("after an hour of both clocks together it goes on, and says so once", async () => {
    const store = await filled();
    const clock = new MachineClock();
    clock.pass(20 * DAY_MS);
    const { retention, told } = retentionOf(store, clock);
    for (let minute = 0; minute < 59; minute++) {
      await retention.prune();
      clock.pass(MINUTE_MS);
    }
    expect(await rowsIn(store)).toBe(ALL);
    clock.pass(MINUTE_MS);
    await retention.prune();
    expect(await rowsIn(store)).toBeLessThan(ALL);
    expect(told).toEqual([expect.any(String), null]);
    expect(retention.held).toBeNull();
  });

  test("a clock that is set while it runs begins the hour again", async () => {
    const store = await filled();
    const clock = new MachineClock();
    const { retention, told } = retentionOf(store, clock, 50 * DAY_MS);
    await retention.prune();
    clock.pass(2 * HOUR_MS);
    await writeAt(store, clock.clocks.wall() - HOUR_MS - 1);
    await retention.prune();
    clock.set(100 * DAY_MS);
    for (let minute = 0; minute < 59; minute++) {
      await retention.prune();
      clock.pass(MINUTE_MS);
    }
    expect(await rowsIn(store)).toBe(ALL + 4);
    expect(told).toHaveLength(1);
  });

  test("the journal tells that it holds, in its state", async () => {
    const store = await filled();
    const clock = new MachineClock();
    clock.set(60 * DAY_MS);
    const held: (string | null)[] = [];
    const more = { retentionMs: 30 * DAY_MS, clocks: clock.clocks, onHold: (why: string | null) => held.push(why) };
    const { journal } = startJournal(store, more);
    await expect.poll(() => journal.state.held, SOON).toContain("long behind the clock");
    expect(held).toEqual([journal.state.held]);
    expect(await rowsIn(store)).toBe(ALL);
  });
});
