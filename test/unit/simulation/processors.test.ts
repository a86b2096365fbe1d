import { describe, expect, test } from "vitest";
import { Processors } from "../../../src/daemon/simulation/processors.ts";
import { VirtualTime } from "../../../src/daemon/simulation/virtual-time.ts";

const HOUR_MS = 3_600_000;

function processors(time: VirtualTime, change: Partial<ConstructorParameters<typeof Processors>[1]> = {}): Processors {
  return new Processors(time, { cores: 2, speed: 1, crowding: () => 1, credits: null, ...change });
}

describe("processors", () => {
  test("as many tasks as cores hinder nobody; one more takes a third of each", async () => {
    const time = new VirtualTime();
    const all = processors(time);
    const ends: number[] = [];
    for (let task = 0; task < 3; task++) all.start(100, 1, true, () => ends.push(time.nowMs));
    await time.runUntil(HOUR_MS);
    expect(ends.map(Math.round)).toEqual([150, 150, 150]);
    expect(Math.round(all.usedMs)).toBe(300);
  });

  test("whoever comes later is slowed only from then on", async () => {
    const time = new VirtualTime();
    const all = processors(time, { cores: 1 });
    const ends: [string, number][] = [];
    all.start(100, 1, true, () => ends.push(["first", Math.round(time.nowMs)]));
    time.at(50, () => all.start(100, 1, true, () => ends.push(["second", Math.round(time.nowMs)])));
    await time.runUntil(HOUR_MS);
    expect(ends).toEqual([
      ["first", 150],
      ["second", 200],
    ]);
  });

  test("half the speed takes twice as long; crowding counts batches alone", async () => {
    const time = new VirtualTime();
    const all = processors(time, { speed: 0.5, crowding: (running) => running });
    const ends: number[] = [];
    all.start(100, 1, true, () => ends.push(time.nowMs));
    all.start(50, 1, false, () => ends.push(time.nowMs));
    await time.runUntil(HOUR_MS);
    expect(ends.map(Math.round)).toEqual([100, 200]);
  });

  // A t3.large: 36 credits an hour, a credit is a core for a minute.
  test("credits are earned below the baseline, spent above it, and then there is no more than that", async () => {
    const time = new VirtualTime();
    const all = processors(time, { credits: { baseline: 0.3, unlimited: false } });
    await time.runUntil(10 * HOUR_MS);
    all.tick(0);
    expect(all.credits).toBeCloseTo(360, 6);
    let doneAtMs = 0;
    // Two threads for so long that 360 credits and what is earned meanwhile are spent: 360 / (2 - 0.6) = 257.14 minutes.
    const work = (257.142857 + 100) * 60_000;
    all.start(work, 2, true, () => (doneAtMs = time.nowMs));
    for (let second = 1; second <= 400 * 60 * 4; second++) {
      const atMs = 10 * HOUR_MS + second * 1000;
      time.at(atMs, () => all.tick(0));
    }
    await time.runUntil(40 * HOUR_MS);
    // The last hundred minutes of work are done on 0.6 of two cores.
    const minutes = (doneAtMs - 10 * HOUR_MS) / 60_000;
    expect(minutes / (257.142857 + 100 / 0.3)).toBeCloseTo(1, 2);
  });

  test("unlimited goes on, and what a day does not earn is paid for", async () => {
    const time = new VirtualTime();
    const all = processors(time, { credits: { baseline: 0.3, unlimited: true } });
    all.start(1e12, 2, true, () => undefined);
    await time.runUntil(24 * HOUR_MS);
    all.tick(0);
    // Spent: 2 × 60 × 24; earned and lent: 36 × 24 each.
    expect(all.surplus).toBeCloseTo(2880 - 2 * 864, 3);
    expect(all.credits).toBeCloseTo(-864, 3);
  });
});
