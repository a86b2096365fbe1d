import type { Decisions } from "../governor/decisions.ts";
import type { Footprint, Wanted } from "../governor/footprint.ts";
import type { Sample } from "../governor/ports.ts";
import { anonymousOf, tightestOf } from "../governor/ports.ts";
import { chooseRoom } from "../policy/making-room.ts";
import type { Resident, RoomVerdict, Wish } from "../policy/making-room.ts";
import type { Refusal } from "../pool/nursery.ts";
import type { Engine } from "./engine.ts";
import type { LoadGuard } from "./load-guard.ts";
import { comingOf, processesOf, residentOf, sum } from "./occupancy.ts";
import type { Coming, Tenant } from "./occupancy.ts";
import { endSurplus } from "./surplus.ts";

export interface BudgetOptions {
  /** Of all models, the default one among them. */
  readonly tenants: () => readonly Tenant[];
  readonly footprint: (engine: Engine) => Footprint;
  /** Why so many more workers may not be started now, by what memory is. */
  readonly refusal: (workers: number, demand: Wanted) => string | undefined;
  /** The last reading. */
  readonly sample: () => Sample | undefined;
  /** Reads memory now. */
  readonly reread: () => Promise<Sample | undefined>;
  /** Shares of the limit. */
  readonly thresholds: () => BudgetThresholds;
  readonly deadlineMs: () => number;
  /** Has the daemon give back of its own memory, and calls back; false where it has just done so. */
  readonly giveBack: (then: () => void) => boolean;
  readonly decisions: Pick<Decisions, "record">;
  /** Watches loads: told that a worker is about to be started. */
  readonly guard: Pick<LoadGuard, "watch" | "isGivingUp">;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** Told of what fails while nobody waits for it. */
  readonly onFailure: (error: unknown) => void;
}

export interface BudgetThresholds {
  /** Where idle workers are unloaded: a model is not loaded beyond it while another one could go for it. */
  readonly high: number;
  /** What no load may cross. */
  readonly critical: number;
}

/** How often it is looked whether a model that was busy, or had to stay, may go now. */
const LOOK_EVERY_MS = 200;
/** The kernel adds up what cgroups have now and then: for so long what has ended may be counted still (memcontrol.c, 2 s). */
const COUNTED_MS = 2500;
/** What was read longer ago is read again before something is done about it. */
const FRESH_MS = 100;
/** Who has not asked for so long has given up. */
const FORGOTTEN_AFTER_MS = 2000;

type MakeRoom = Extract<RoomVerdict, { readonly act: "make room" }>;

/** Shares memory between the models: what there is room for loads at once, and for the rest room is made. */
export class Budget {
  readonly #options: BudgetOptions;
  /** Of models that room is being made for, until a worker of theirs serves. */
  readonly #promised = new WeakMap<Engine, number>();
  /** When a model was first told to wait, and when last. */
  readonly #asked = new WeakMap<Engine, { readonly firstMs: number; readonly lastMs: number }>();
  readonly #timers = new Map<Engine, NodeJS.Timeout>();
  readonly #making = new Set<Engine>();
  /** Of whom it is known what to do when memory has been read. */
  readonly #reading = new Set<Engine>();
  #read: Promise<unknown> | undefined;
  #stopped = false;
  #endedAtMs = -Infinity;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** Why so many workers of a model may not be started now; undefined where they may. */
  refusal(engine: Engine, workers: number): Refusal | undefined {
    const refusal = this.#refusal(engine, workers);
    if (refusal && refusal.passing === undefined) {
      if (this.#options.now() - this.#endedAtMs < COUNTED_MS) {
        this.#lookAgain(engine, LOOK_EVERY_MS);
        return { detail: `a worker has just ended: ${refusal.detail}`, passing: "in time" };
      }
      if (this.#options.giveBack(() => this.#readFirst(engine)))
        return { detail: `the daemon gives back what it can: ${refusal.detail}`, passing: "in time" };
    }
    if (refusal === undefined) {
      this.#asked.delete(engine);
      this.#options.guard.watch();
    }
    return refusal;
  }

  #refusal(engine: Engine, workers: number): Refusal | undefined {
    if (this.#options.guard.isGivingUp(engine)) return { detail: "its load is being given up", passing: "in time" };
    const replaces = engine.pool.replacesInTurn;
    // It takes the room of the one that has gone for it.
    if (replaces && workers === 1) return undefined;
    const { footprint, tenants } = this.#options;
    const others = tenants().filter((one) => one.engine !== engine);
    // One that a switch brings up is no tenant yet: nobody makes room for it, and it may not cross what holds for all.
    const isTenant = others.length < tenants().length;
    const coming = this.coming(engine);
    const isAlone = !isTenant || !others.some((one) => this.#isHere(one.engine));
    const serving = engine.pool.serving > 0;
    const isFirst = !serving && workers === 1;
    const demand = { ...coming, footprint: footprint(engine), serving, alone: isAlone && isFirst, replaces };
    // Those of it that are on their way have been promised what they take.
    const detail = this.#options.refusal(1, demand);
    if (isAlone || !isFirst) {
      if (detail === undefined) return undefined;
      if (isAlone && others.length > 0 && this.#isOld) return this.#readFirst(engine);
      // Another one of it serves, or is about to.
      if (!isFirst && isTenant && others.length > 0) return { detail, passing: "not needed" };
      const later = { ...demand, promisedBytes: coming.promisedBytes - coming.passingBytes };
      const fitsLater = coming.passingBytes > 0 && this.#options.refusal(1, later) === undefined;
      return fitsLater ? { detail: `it waits for a load to be over: ${detail}`, passing: "in time" } : { detail };
    }
    const { high, critical } = this.#options.thresholds();
    const asked = { ...coming, footprint: footprint(engine) };
    const early = this.#makeRoom(engine, asked, high);
    if (early === undefined || this.#making.has(engine) || this.#reading.has(engine)) return early;
    // What can't be had below `high` at once is had below `critical`, where there is room.
    return detail === undefined ? undefined : this.#makeRoom(engine, asked, critical);
  }

  /** A worker is no more: what it had is free, or will be in a moment. */
  workerEnded(): void {
    this.#endedAtMs = this.#options.now();
  }

  /** Makes no more room; what is under way comes to its end. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Undefined where it fits below that share of the limit. */
  #makeRoom(engine: Engine, demand: Asked, ceiling: number): Refusal | undefined {
    const sample = this.#options.sample();
    const tenant = this.#options.tenants().find((one) => one.engine === engine);
    if (this.#making.has(engine)) return { detail: "room is being made for it", passing: "in time" };
    if (!sample || !tenant || this.#stopped) return undefined;
    const verdict = chooseRoom(this.#wishOf(engine, demand, sample, ceiling), this.#residents(engine, sample));
    if (this.#isOld && verdict.act !== "wait") return this.#readFirst(engine);
    switch (verdict.act) {
      case "load":
        return undefined;
      case "refuse":
        return { detail: `${tenant.name} ${verdict.detail}`, code: "MODEL_DOES_NOT_FIT" };
      case "wait":
        this.#lookAgain(engine, verdict.untilMs - this.#options.now());
        return { detail: `it waits for room: ${verdict.detail}`, passing: "in time" };
      case "make room":
        this.#promised.set(engine, neededBy(demand, sample));
        this.#making.add(engine);
        this.#perform(tenant, verdict, ceiling)
          .catch(this.#options.onFailure)
          .finally(() => {
            this.#making.delete(engine);
            if (!this.#stopped) engine.pool.reconsider();
          });
        return { detail: `room is being made: ${verdict.detail}`, passing: "in time" };
      default:
        return verdict satisfies never;
    }
  }

  get #isOld(): boolean {
    const sample = this.#options.sample();
    if (sample === undefined) return false;
    return this.#options.now() - sample.atMs > FRESH_MS || sample.atMs <= this.#endedAtMs;
  }

  /** A worker may have ended since memory was read: nobody goes, or is refused, for memory that is free by now. */
  #readFirst(engine: Engine): Refusal {
    this.#reading.add(engine);
    this.#read ??= this.#options.reread().finally(() => {
      this.#read = undefined;
      const waiting = [...this.#reading];
      this.#reading.clear();
      if (!this.#stopped) for (const one of waiting) one.pool.reconsider();
    });
    this.#read.catch(this.#options.onFailure);
    return { detail: "memory is being read", passing: "in time" };
  }

  #wishOf(engine: Engine, asking: Asked, sample: Sample, ceiling: number): Wish {
    const { deadlineMs, now } = this.#options;
    const atMs = now();
    const asked = this.#asked.get(engine);
    const { usedBytes, limitBytes } = tightestOf(sample, ceiling);
    const firstMs = asked && atMs - asked.lastMs < FORGOTTEN_AFTER_MS ? asked.firstMs : atMs;
    this.#asked.set(engine, { firstMs, lastMs: atMs });
    return {
      neededBytes: neededBy(asking, sample),
      freeBytes: ceiling * limitBytes - usedBytes - asking.promisedBytes,
      passingBytes: asking.passingBytes,
      waitedMs: Math.max(atMs - firstMs, engine.queue.oldestMs),
      deadlineMs: deadlineMs(),
      atMs,
    };
  }

  /** It has workers, or room is being made for one. */
  #isHere(engine: Engine): boolean {
    return processesOf(engine) > 0 || this.#promised.has(engine);
  }

  #residents(asking: Engine, sample: Sample): Resident[] {
    const others = this.#options.tenants().filter(({ engine }) => engine !== asking && this.#isHere(engine));
    const nowMs = this.#options.now();
    return others.map((tenant) => {
      const promised = this.#promised.has(tenant.engine);
      return residentOf(tenant, this.#options.footprint(tenant.engine), sample, { promised, nowMs });
    });
  }

  /** Ends what the plan names, and tells what that gave back. */
  async #perform({ name, engine }: Tenant, { shrink, evict, detail }: MakeRoom, ceiling: number): Promise<void> {
    const { tenants, now, reread, sample, decisions } = this.#options;
    const from = now();
    const waitedMs = Math.max(0, from - (this.#asked.get(engine)?.firstMs ?? from));
    const before = sample();
    const of = (other: string): Engine | undefined => tenants().find((one) => one.name === other)?.engine;
    await Promise.all([
      ...evict.map(async (other) => {
        const gone = of(other);
        gone?.uses.evicted();
        await gone?.pool.unload(undefined, "memory");
      }),
      ...shrink.map(async ({ name: other, workers }) => endSurplus(of(other), workers)),
    ]);
    const after = await reread();
    const ended = [...shrink.map((one) => `${one.workers} of ${one.name}'s workers`), ...evict];
    decisions.record({
      action: "make room",
      reason: `for ${name}`,
      model: name,
      measured: before?.usage ?? null,
      threshold: ceiling,
      freedBytes: before && after ? anonymousOf(before.processes) - anonymousOf(after.processes) : null,
      durationMs: Math.round(now() - from),
      detail: `${detail}; ended ${ended.join(", ")}; it had waited ${(waitedMs / 1000).toFixed(1)} s`,
    });
  }

  #lookAgain(engine: Engine, inMs: number): void {
    if (this.#timers.has(engine)) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(engine);
        engine.pool.reconsider();
      },
      Math.max(1, Math.min(inMs, LOOK_EVERY_MS)),
    );
    this.#timers.set(engine, timer.unref());
  }

  /** To the workers of all models. @param asking what it was promised before is what it asks for now. */
  coming(asking?: Engine): Coming {
    const sample = this.#options.sample();
    const tenants = sample ? this.#options.tenants() : [];
    const all = tenants.map(({ engine }) => this.#comingOf(engine, sample!, engine === asking));
    return {
      promisedBytes: sum(all.map(({ promisedBytes }) => promisedBytes)),
      passingBytes: sum(all.map(({ passingBytes }) => passingBytes)),
    };
  }

  #comingOf(engine: Engine, sample: Sample, isAsking: boolean): Coming {
    if (isSettled(engine)) this.#promised.delete(engine);
    const promisedBytes = isAsking ? 0 : (this.#promised.get(engine) ?? 0);
    return comingOf(engine, this.#options.footprint(engine), sample, promisedBytes);
  }
}

interface Asked extends Coming {
  readonly footprint: Footprint;
}

/** What the first worker of a model takes at the most, which is while it loads. */
function neededBy({ footprint }: Asked, { source }: Sample): number {
  return footprint.bytesFor({ workers: 1, mapped: false, loading: 1 }, source);
}

/** What it was promised it has, or nobody wants it any more, or it can't be loaded. */
function isSettled({ pool }: Engine): boolean {
  return pool.serving > 0 || pool.held !== undefined || !pool.slots.some(({ wanted }) => wanted);
}
