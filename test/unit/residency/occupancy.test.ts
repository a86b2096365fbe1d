import { expect, test } from "vitest";
import { Footprint } from "../../../src/daemon/governor/footprint.ts";
import type { Sample } from "../../../src/daemon/governor/ports.ts";
import type { Worker } from "../../../src/daemon/pool/worker.ts";
import type { Engine } from "../../../src/daemon/residency/engine.ts";
import { comingOf, residentOf } from "../../../src/daemon/residency/occupancy.ts";
import { Uses } from "../../../src/daemon/residency/uses.ts";
import { MIB } from "../../../src/lib/units.ts";

const footprint = new Footprint(() => ({ anonymousBytes: 60 * MIB, loadBytes: 100 * MIB, sharedBytes: 0 }));

type Fake = Pick<Worker, "pid" | "state" | "serving" | "readyAtMs"> & { readonly batches: number };
const worker = (pid: number, state: Worker["state"], readyAtMs = 0): Fake => ({
  pid,
  state,
  serving: state === "ready" || state === "busy",
  readyAtMs,
  batches: 0,
});

/** As far as it is looked at: each worker in a slot of its own. */
const engineOf = (...workers: Fake[]): Engine =>
  ({
    pool: { slots: workers.map((one) => ({ current: one, workers: new Set([one]) })) },
    queue: { waiting: 0 },
    uses: new Uses(),
  }) as unknown as Engine;

/** Read at 1,000 ms, with so many MiB of each process. */
function sampleOf(mibByPid: Readonly<Record<number, number>>): Sample {
  const processes = Object.entries(mibByPid).map(([pid, mib]) => ({
    pid: Number(pid),
    rssBytes: mib * MIB,
    mappedBytes: 0,
  }));
  return { source: "cgroup", atMs: 1000, processes } as unknown as Sample;
}

const coming = (engine: Engine, sample: Sample, promisedMib = 0): number[] => {
  const { promisedBytes, passingBytes } = comingOf(engine, footprint, sample, promisedMib * MIB);
  return [promisedBytes / MIB, passingBytes / MIB];
};

test("one that loads is promised what its load takes at the most, and gives back what serving does not", () => {
  expect(coming(engineOf(worker(1, "starting")), sampleOf({ 1: 30 }))).toEqual([70, 40]);
});

test("one that has come to serve since the reading is promised what serving takes, though others serve as well", () => {
  expect(coming(engineOf(worker(1, "ready", 500), worker(2, "ready", 1500)), sampleOf({ 1: 60, 2: 25 }))).toEqual([
    35, 0,
  ]);
  expect(coming(engineOf(worker(2, "ready", 1500)), sampleOf({ 2: 95 }))).toEqual([0, 35]);
});

test("one on its way out is promised nothing, and what it has goes", () => {
  expect(coming(engineOf(worker(1, "draining")), sampleOf({ 1: 62 }))).toEqual([0, 62]);
});

test("where room is made for a load that has not begun, that is promised", () => {
  expect(coming(engineOf(), sampleOf({}), 100)).toEqual([100, 40]);
});

test("a model that room is being made for counts among those that could be waited for", () => {
  const tenant = { name: "coming", engine: engineOf(), pinned: false };
  const resident = residentOf(tenant, footprint, sampleOf({}), { promised: true, nowMs: 0 });
  expect(resident).toMatchObject({ workers: 1, workerBytes: 60 * MIB, arriving: true });
});
