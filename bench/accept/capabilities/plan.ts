import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { findMachine } from "../../../src/lib/config/machine.ts";
import { busyBetween } from "../../../src/lib/cpu-steal.ts";
import { kernelFiles } from "../../../src/lib/kernel-files.ts";
import { bundledTexts } from "../../../src/lib/perf/texts.ts";
import { machineNamed } from "../../../src/lib/planning/machines.ts";
import { variantsOf } from "../../../src/lib/planning/request.ts";
import type { MeasuredModel, PlanOutcome, PlanTraffic, PlanVariant } from "../../../src/lib/protocol/plan.ts";
import { hangLimitMs } from "../../../src/lib/slowness.ts";
import { MIB } from "../../../src/lib/units.ts";
import { measureModel } from "../../../src/daemon/alone/measure-model.ts";
import { capacityOf, simulate } from "../../../src/daemon/simulation/capacity.ts";
import { threadsOf } from "../../../src/daemon/simulation/service-times.ts";
import type { Capability, Line } from "../record.ts";
import { round } from "../statistics.ts";
import { plannedModels } from "./plan/models.ts";
import type { PlannedModel } from "./plan/models.ts";
import { runOpenLoop } from "./plan/open-loop.ts";
import type { Measured } from "./plan/open-loop.ts";

const minutes = Number(process.env["PLAN_MINUTES"] ?? 20);
const LENGTH_MS = minutes * 60_000;
const WARM_UP_MS = Math.min(120_000, LENGTH_MS);
const PER_USER_PER_SECOND = 2 / 60;
/** Of what it could do: a machine that people are glad with. */
const SHARE = 0.5;
/** The load comes from this machine too, and takes so much for each request. */
const LOAD_MS = 0.35;
const MOST_PER_SECOND = Number(process.env["PLAN_MOST_PER_SECOND"] ?? 300);
const SEED = 1;

const SETTINGS: readonly Readonly<Record<string, string>>[] = [
  { WORKERS: "2", MAX_USERS_PER_PROCESS: "50", MAX_REQUESTS: "1000", MAX_CACHE_SIZE: "100", REDIS_URL: "off" },
  { WORKERS: "1", MAX_USERS_PER_PROCESS: "200", MAX_REQUESTS: "500", MAX_CACHE_SIZE: "1000", REDIS_URL: "off" },
];

/** What is told before, and what takes place then. */
export const plan: Capability = {
  name: "plan",
  summary: `What combot plan predicts, against ${minutes} minutes of a daemon: three models, two settings`,
  parts: ["bundled", "minilm int8", "distilbert int8"].map((name) => ({
    name: name.replace(" ", "-"),
    run: (say) => planned(name, say),
  })),
};

async function* planned(name: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "combot-plan-"));
  try {
    const model = plannedModels(folder).find((one) => one.name === name)!;
    const { texts } = bundledTexts();
    const { cores } = findMachine();
    const threads = [...new Set(SETTINGS.map(({ WORKERS }) => threadsOf(cores, Number(WORKERS))))];
    const onStage = (stage: string): void => say(stage);
    const asked = { dir: model.dir, texts, threads, onStage, signal: new AbortController().signal };
    const measured = await measureModel(asked);
    yield record(`${name}: CPU that others took while the model was measured`, round(measured.othersCpu));
    for (const [at, settings] of SETTINGS.entries())
      yield* compared(`${name}, settings ${at + 1}`, model, measured, settings, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* compared(
  name: string,
  { dir }: PlannedModel,
  model: MeasuredModel,
  settings: Readonly<Record<string, string>>,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const { texts } = bundledTexts();
  const variant = variantFor(settings);
  say(`${name}: how much it could do`);
  const base: PlanTraffic = { minutes: [1], users: 1, unique: false };
  const asked = { model, texts, seed: SEED };
  const search = { traffic: base, perUserPerSecond: PER_USER_PER_SECOND, targets: { p99Ms: 2000, failed: 0.01 } };
  const capacity = await capacityOf(variant, { ...asked, ...search, from: 1000, onTry: () => undefined });
  const users = Math.round(Math.min(SHARE * capacity.users, MOST_PER_SECOND / PER_USER_PER_SECOND));
  const perSecond = users * PER_USER_PER_SECOND;
  const traffic = { minutes: [perSecond], users, unique: false };
  const times = { warmUpMs: WARM_UP_MS, untilMs: WARM_UP_MS + LENGTH_MS, spanMs: LENGTH_MS };
  const predicted = await simulate(variant, traffic, asked, times);
  const before = kernelFiles.read("/proc/stat");
  const daemon = await PrivateDaemon.start({
    env: { ...settings, COMBOT_MODEL_DIR: dir, LOG_LEVEL: "error" },
    startLimitMs: hangLimitMs(120_000),
  });
  try {
    await delay(2000);
    const load = { texts, users, perSecond, warmUpMs: WARM_UP_MS, lengthMs: LENGTH_MS };
    const found = await runOpenLoop(daemon, { ...load, say: (how) => say(`${name}, ${round(perSecond)}/s: ${how}`) });
    yield* held(name, predicted, found);
    yield record(
      `${name}: processors busy meanwhile, all in all; predicted ${round(predicted.total.cpu)}`,
      round(busyBetween(before, kernelFiles.read("/proc/stat")) ?? 0),
    );
    yield record(`${name}: CPU of the load a request, ms; ${LOAD_MS} assumed`, round(found.loadMs));
  } finally {
    await daemon.stop();
  }
}

function variantFor(settings: Readonly<Record<string, string>>): PlanVariant {
  const { cores, memoryBytes } = findMachine();
  const machine = machineNamed("here", { cores, memoryBytes });
  const assumed = { speed: 1, unlimited: true, besideBytes: 1024 * MIB, besideMs: LOAD_MS };
  const [variant] = variantsOf({ machine, ...assumed, whatIf: [], env: settings, envFile: undefined });
  if (!variant) throw new Error("no variant");
  return variant;
}

function* held(name: string, { total }: PlanOutcome, found: Measured): Generator<Line> {
  yield near(`${name}: requests/s`, found.perSecond, total.perSecond, 0.1);
  yield near(`${name}: p99, ms`, found.p99Ms, total.p99Ms ?? NaN, 0.25);
  yield near(`${name}: hit rate`, found.hitRate, total.hitRate ?? NaN, 0.1);
  yield near(`${name}: recycles`, found.recycles, total.recycles, 0.1);
  const { anonymousBytes, pssBytes } = found;
  yield near(
    `${name}: memory that no file backs, mean, MiB`,
    anonymousBytes / MIB,
    total.meanAnonymousBytes / MIB,
    0.1,
  );
  yield record(`${name}: PSS, mean, MiB; predicted ${round(total.meanPssBytes / MIB)}`, round(pssBytes / MIB));
  yield record(`${name}: p50, ms; predicted ${round(total.p50Ms ?? NaN)}`, round(found.p50Ms));
  yield record(`${name}: failed of ${found.offered}`, found.failed);
}

/** A count may be off by one where a tenth of it is less. */
function near(what: string, measured: number, predicted: number, share: number): Line {
  const room = Math.max(share * measured, Number.isInteger(measured) ? 1 : 0);
  const pass = Math.abs(predicted - measured) <= room;
  return {
    what,
    measured: round(measured, 3),
    target: `predicted ${round(predicted, 3)}, within ${share * 100}%`,
    pass,
  };
}

function record(what: string, measured: number): Line {
  return { what, measured, target: "for the record", pass: true };
}
