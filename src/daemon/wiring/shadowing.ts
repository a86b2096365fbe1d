import type { Settings } from "../../lib/config/settings.ts";
import { anonymousOf } from "../governor/ports.ts";
import { logFailure } from "../log/failures.ts";
import type { Logger } from "../log/log.ts";
import { openModel } from "../model/opening.ts";
import type { FitVerdict } from "../policy/fit.ts";
import { Cores } from "../pool/cores.ts";
import type { Engine } from "../residency/engine.ts";
import type { Models, ModelsOptions } from "../residency/models.ts";
import { ShadowNote } from "../residency/shadow-note.ts";
import { Shadows } from "../residency/shadows.ts";
import { createEngine } from "./engine.ts";
import type { EngineParts } from "./engine.ts";
import type { Governance } from "./governance.ts";
import type { Counts } from "./observation.ts";
import type { Onlookers } from "./onlookers.ts";

const now = (): number => performance.now();

/** What a candidate does counts nowhere but in its own report. */
const UNCOUNTED: Counts = {
  batch: () => undefined,
  waited: () => undefined,
  recycled: () => undefined,
  notStarted: () => undefined,
};

/** With what the processors have left, a load or a text may take so many times as long without being stuck. */
const PATIENCE = 10;
const LEAST_IDLE_MS = 60_000;

/** What is not there yet when a model is wired that will ask it. */
export interface LateParts {
  readonly models: () => Models;
  readonly governance: () => Governance;
  readonly shadows: () => Shadows;
}

/** What the models have to know of it. */
export function watchedBy(shadows: Shadows, onlookers: Onlookers): Pick<ModelsOptions, "candidate" | "onAnswered"> {
  return {
    candidate: () => shadows.candidate,
    onAnswered: (...answered) => onlookers.tell("shadow", () => shadows.answered(...answered)),
  };
}

/** Whether something fits; where it does not, once more without the candidate. */
export async function withoutShadow(shadows: Shadows, judge: () => Promise<FitVerdict>): Promise<FitVerdict> {
  const verdict = await judge();
  if (verdict.fits || !shadows.isLoaded) return verdict;
  await shadows.giveWay("evicted");
  return judge();
}

/** The candidate behind live traffic, with parts of its own wherever it could be in somebody's way. */
export function createShadows(parts: EngineParts, { models, governance }: Omit<LateParts, "shadows">): Shadows {
  const { settings, log, decisions } = parts;
  const shadows = new Shadows({
    models,
    open: (dir) => openModel(dir, settings.stateDir, { needed: models().needed.contents }),
    create: (model, name, refusal) => {
      const own = {
        metrics: UNCOUNTED,
        memory: {
          refusal,
          loaded: nothing,
          outgrew: nothing,
          ended: () => governance().budget.workerEnded(),
          isHigh: false,
        },
        cores: new Cores({ most: 1, now }),
      };
      return createEngine(model, { ...parts, ...own, settings: patient(settings), isSpare: true }, name);
    },
    traffic: () => {
      const pools = models().tenants.map(({ engine: { pool, queue } }) => ({ pool, queue }));
      return {
        level: governance().governor.level,
        waiting: pools.reduce((sum, { queue }) => sum + queue.waiting, 0),
        running: pools.reduce((sum, { pool }) => sum + runningIn(pool), 0),
        cores: settings.workers,
      };
    },
    staysNormal: (engine, workers) => staysNormal(engine, workers, governance(), settings),
    bytesOf: (engine) => bytesOf(engine, governance()),
    keepsTexts: () => settings.journalText,
    // After every batch, where that is wanted: a load would be dearer than what it is compared for.
    idleUnloadMs: () => (settings.modelIdleUnloadMs === 0 ? LEAST_IDLE_MS : settings.modelIdleUnloadMs),
    note: new ShadowNote(settings.stateDir),
    makingRoom: async (name, run) => {
      const { governor } = governance();
      const [from, before] = [now(), governor.sample];
      await run();
      const after = await governor.reread();
      const freedBytes = before && after ? anonymousOf(before.processes) - anonymousOf(after.processes) : null;
      const figures = { measured: before?.usage ?? null, threshold: settings.memory.warning };
      const durationMs = Math.round(now() - from);
      decisions.record({ action: "evict shadow", reason: `for ${name}`, ...figures, freedBytes, durationMs });
    },
    date: () => new Date(),
    now,
    random: Math.random,
    onFailure: logFailure(log, "what runs behind live traffic has failed"),
  });
  tellLost(shadows, log);
  return shadows;
}

function tellLost({ lost }: Shadows, log: Logger): void {
  if (lost) log.warn({ ...lost }, "a shadow ended with the last daemon, and its figures with it");
}

function runningIn({ slots }: Engine["pool"]): number {
  return slots.filter(({ current }) => current?.state === "busy").length;
}

/** Its peak is nobody's to plan with: it goes before anything is short. */
function nothing(): void {
  return;
}

function patient(settings: Settings): Settings {
  return new Proxy(settings, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      const isLimit = name === "requestTimeoutMs" || name === "modelLoadTimeoutMs";
      return isLimit ? PATIENCE * (value as number) : value;
    },
  });
}

function staysNormal(
  engine: Engine,
  workers: number,
  { governor, footprints }: Governance,
  settings: Settings,
): boolean {
  const { sample } = governor;
  if (!sample) return true;
  const demand = { workers, mapped: engine.pool.serving > 0, loading: 1 };
  return footprints.of(engine).judge(demand, sample, settings.memory.warning).fits;
}

function bytesOf({ pool }: Engine, { governor }: Governance): number {
  const pids = pool.slots.flatMap(({ workers }) => [...workers].map(({ pid }) => pid));
  const own = governor.sample?.processes.filter(({ pid }) => pids.includes(pid)) ?? [];
  return own.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
}
