import { describe, expect, test } from "vitest";
import { Footprint } from "../../../src/daemon/governor/footprint.ts";
import type { Sample } from "../../../src/daemon/governor/ports.ts";
import { refusalOf } from "../../../src/daemon/governor/room.ts";
import { GIB, MIB } from "../../../src/lib/units.ts";

const ESTIMATE = { anonymousBytes: 48 * MIB, loadBytes: 150 * MIB, sharedBytes: 0 };
const THRESHOLDS = { warning: 0.8, high: 0.85, critical: 0.9, emergency: 0.95 };

function sampleOf(anonymousMib: number, over: Partial<Sample> = {}): Sample {
  const rssBytes = anonymousMib * MIB;
  const figures = { rssBytes, pssBytes: rssBytes, privateBytes: rssBytes, mappedBytes: 0 };
  const used = { usedBytes: 500 * MIB, limitBytes: 1000 * MIB, usage: 0.5, atMs: 0, pressure: null } as const;
  return { ...used, source: "cgroup", processes: [{ role: "worker", pid: 7, ...figures }], ...over };
}

const bytes = (footprint: Footprint, loading: number): number =>
  footprint.bytesFor({ workers: 1, mapped: false, loading }, "cgroup") / MIB;

describe("what a load takes", () => {
  test("is estimated, then what it was seen to take, and never less than what serves", () => {
    const footprint = new Footprint(() => ESTIMATE);
    expect([bytes(footprint, 0), bytes(footprint, 1)]).toEqual([48, 150]);
    footprint.observeLoad(120 * MIB);
    footprint.observe(sampleOf(60), [7]);
    expect([bytes(footprint, 0), bytes(footprint, 1)]).toEqual([60, 120]);
    footprint.observe(sampleOf(130), [7]);
    expect([bytes(footprint, 0), bytes(footprint, 1)]).toEqual([130, 130]);
    expect(footprint.seen).toEqual({ anonymousBytes: 130 * MIB, sharedBytes: 0, loadBytes: 120 * MIB });
  });

  test("of what an older version wrote is estimated", () => {
    const footprint = new Footprint(() => ESTIMATE, { anonymousBytes: 200 * MIB, sharedBytes: 0 });
    expect([bytes(footprint, 0), bytes(footprint, 1)]).toEqual([200, 200]);
  });

  test("is more where one was given up, until one has come to its end", () => {
    const footprint = new Footprint(() => ESTIMATE);
    footprint.expectLoad(400 * MIB);
    footprint.expectLoad(300 * MIB);
    expect(bytes(footprint, 1)).toBe(400);
    footprint.observeLoad(260 * MIB);
    expect(bytes(footprint, 1)).toBe(260);
  });
});

describe("whether it may be started", () => {
  const footprint = new Footprint(() => ESTIMATE);
  const wanted = { footprint, serving: false, promisedBytes: 0, alone: false, replaces: false };
  const refused = (sample: Sample, over: Partial<typeof wanted> = {}): boolean =>
    refusalOf(1, { ...wanted, ...over }, { sample, level: "normal", thresholds: THRESHOLDS }) !== undefined;

  test("its load has to stay below critical, what others were promised included", () => {
    expect(refused(sampleOf(0, { usedBytes: 750 * MIB }))).toBe(false);
    expect(refused(sampleOf(0, { usedBytes: 751 * MIB }))).toBe(true);
    expect(refused(sampleOf(0, { usedBytes: 700 * MIB }), { promisedBytes: 51 * MIB })).toBe(true);
  });

  test("a cgroup with less room than the machine counts, though the machine is fuller", () => {
    const machine = { source: "system", usedBytes: 12 * GIB, limitBytes: 24 * GIB } as const;
    const within = (usedMib: number): Sample =>
      sampleOf(0, { ...machine, limits: [machine, { usedBytes: usedMib * MIB, limitBytes: 250 * MIB }] });
    expect([75, 76].map((usedMib) => refused(within(usedMib)))).toEqual([false, true]);
  });

  test("the first one of an only model may go up to emergency while it loads, and not beyond critical for good", () => {
    const sample = (usedMib: number): Sample => sampleOf(0, { usedBytes: usedMib * MIB });
    expect([800, 801].map((usedMib) => refused(sample(usedMib), { alone: true }))).toEqual([false, true]);
    const even = new Footprint(() => ({ ...ESTIMATE, anonymousBytes: 149 * MIB }));
    expect(refused(sample(752), { alone: true, footprint: even })).toBe(true);
  });
});
