import { copyFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { ModelSource } from "../../../src/daemon/prepared/source.ts";
import { PreparedStore } from "../../../src/daemon/prepared/store.ts";
import { prepareInChild, runTrial } from "../../../src/daemon/prepared/trial-run.ts";
import type { Prepare } from "../../../src/daemon/prepared/trial-run.ts";
import { crashingModel, endlessModel, modelOfNoNumbers } from "../../support/stand-ins.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { UNEVEN, modelOf, writeBench } from "../../support/trials.ts";

// A trial asks a model some hundred texts, which on a busy machine takes a while.
vi.setConfig({ testTimeout: 120_000 });

const DIGEST = "7".repeat(64);
const MODEL = modelOf(UNEVEN.vocab, UNEVEN.labels);

const modelIn = (folder: string): string => join(folder, "model.onnx");
const weightsIn = (folder: string): string => join(folder, "weights.bin");

/** Prepares as ever, and then does harm. */
const afterwards =
  (harm: (folder: string) => unknown): Prepare =>
  async (modelPath, folder, packed, signal) => {
    const shorter = await prepareInChild(modelPath, folder, packed, signal);
    await harm(folder);
    return shorter;
  };

/** Puts another file where the prepared graph was. */
const withGraph = (bytes: Uint8Array): Prepare => afterwards((folder) => writeFileSync(modelIn(folder), bytes));

/** What another model's weights were prepared as: right in form, wrong in what it says. */
const otherModel: Prepare = (_, folder, packed, signal) =>
  prepareInChild(writeBench({ ...UNEVEN, seed: 8 }), folder, packed, signal);

/** A device that is full takes nothing. */
const fullDisk: Prepare = (modelPath, folder, packed, signal) => {
  rmSync(weightsIn(folder), { force: true });
  symlinkSync("/dev/full", weightsIn(folder));
  return prepareInChild(modelPath, folder, packed, signal);
};

interface Broken {
  readonly prepare: Prepare;
  readonly reason: RegExp;
  /** What is told is kept: it would come out the same another time. */
  readonly lasting: boolean;
  readonly timeoutMs?: number;
}

const BROKEN: Readonly<Record<string, Broken>> = {
  "garbage in the weights": {
    prepare: afterwards((folder) =>
      writeFileSync(weightsIn(folder), Buffer.alloc(statSync(weightsIn(folder)).size, "garbage")),
    ),
    reason: /the prepared weights .*(do not answer like the plain file|no finite numbers)/,
    lasting: true,
  },
  "another model's labels": { prepare: otherModel, reason: /gives another label to \d+ of \d+ texts/, lasting: true },
  "the end of the process": {
    prepare: withGraph(crashingModel(UNEVEN.labels)),
    reason: /the prepared weights ended the process with SIGFPE/,
    lasting: true,
  },
  "no end": {
    prepare: withGraph(endlessModel(UNEVEN.labels)),
    reason: /took longer than 8 s/,
    lasting: false,
    timeoutMs: 8000,
  },
  "no room for them": {
    prepare: fullDisk,
    reason: /can't be prepared: .*Failed to write/,
    lasting: false,
  },
  "numbers that are none": {
    prepare: withGraph(modelOfNoNumbers(UNEVEN.labels)),
    reason: /no finite numbers/,
    lasting: true,
  },
  "half of the weights": {
    prepare: afterwards((folder) => writeFileSync(weightsIn(folder), Buffer.alloc(4096))),
    reason: /the prepared weights/,
    lasting: true,
  },
};

/** Nobody writes to the file here. */
const mend = (): Promise<void> => Promise.reject(new Error("nothing is to be mended"));

function sourceOf(modelPath: string, prepare: () => Prepare, clock: { ms: number }, timeoutMs = 60_000) {
  const dir = join(temporaryFolder(), "prepared");
  const reasons: string[] = [];
  let trials = 0;
  const store = (): PreparedStore =>
    new PreparedStore({
      dir,
      run: (order) => {
        trials += 1;
        return runTrial({ ...order, model: MODEL, timeoutMs, prepare: prepare() });
      },
      onProgress: () => undefined,
    });
  const open = (): ModelSource =>
    new ModelSource({
      model: {
        digest: DIGEST,
        modelPath,
        externalPaths: [],
        bytes: statSync(modelPath).size,
        sealed: { intact: true, mend },
      },
      store: store(),
      onFallback: (reason) => reasons.push(reason),
      now: () => clock.ms,
    });
  return { open, reasons, dir, trials: () => trials };
}

describe.each(Object.entries(BROKEN))("preparation that gives %s", (_, { prepare, reason, lasting, timeoutMs }) => {
  test("is caught: the plain file serves, and the reason is told", async () => {
    const modelPath = writeBench(UNEVEN);
    const { open, reasons, dir, trials } = sourceOf(modelPath, () => prepare, { ms: 0 }, timeoutMs);
    const source = open();
    expect(await source.file()).toEqual({ modelPath, prepared: false });
    expect(source.trial).toMatchObject({ prepared: false, batching: "padded" });
    expect(source.fallback).toMatch(reason);
    expect(reasons).toEqual([source.fallback]);

    const next = open();
    expect(await next.file()).toEqual({ modelPath, prepared: false });
    expect(trials()).toBe(lasting ? 1 : 2);
    expect(readdirSync(dir)).toHaveLength(lasting ? 1 : 0);
  });
});

test("what may have passed is tried again behind a worker's start, after a while, and serves then", async () => {
  const modelPath = writeBench(UNEVEN);
  const clock = { ms: 0 };
  let prepare = fullDisk;
  const { open, trials } = sourceOf(modelPath, () => prepare, clock);
  const source = open();
  expect(await source.file()).toMatchObject({ prepared: false });
  prepare = prepareInChild;
  expect(await source.file()).toMatchObject({ prepared: false });
  expect(trials()).toBe(1);
  clock.ms = 60_000;
  // Whoever starts now is not kept waiting for it.
  expect(await source.file()).toMatchObject({ prepared: false });
  await expect.poll(() => source.trial?.prepared, { timeout: 30_000 }).toBe(true);
  expect(await source.file()).toMatchObject({ prepared: true });
  expect([source.fallback, trials()]).toEqual([undefined, 2]);
});

test("prepared weights that a worker could not load make room for the plain file, and are made anew after a while", async () => {
  const modelPath = writeBench(UNEVEN);
  const clock = { ms: 0 };
  const { open, trials } = sourceOf(modelPath, () => prepareInChild, clock);
  const source = open();
  const file = await source.file();
  expect(file.prepared).toBe(true);
  expect(source.blame(file, "it died of SIGSEGV")).toBe(true);
  expect(await source.file()).toEqual({ modelPath, prepared: false });
  expect(source.fallback).toMatch(/could not load the prepared weights: it died of SIGSEGV/);
  // Those that serve from it go on: it is what it was.
  expect(source.intact(file)).toBe(true);
  clock.ms = 60_000;
  await source.file();
  await expect.poll(() => source.trial?.prepared, { timeout: 30_000 }).toBe(true);
  expect(trials()).toBe(2);
  expect(source.blame({ modelPath, prepared: false }, "it died of SIGSEGV")).toBe(false);
});

test("a model of which too little is known to refuse it serves without padding", async () => {
  const modelPath = writeBench(UNEVEN);
  const copy = join(temporaryFolder(), "model.onnx");
  copyFileSync(modelPath, copy);
  const { open } = sourceOf(copy, () => prepareInChild, { ms: 0 }, 1);
  const source = open();
  expect(await source.file()).toEqual({ modelPath: copy, prepared: false });
  expect(source.trial).toMatchObject({ batching: "equal", texts: 0 });
  expect(source.fallback).toMatch(/was not tried: .*longer than 0\.001 s/);
});
