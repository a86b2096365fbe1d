import type { Decisions } from "../governor/decisions.ts";
import type { Footprint, Wanted } from "../governor/footprint.ts";
import type { Sample } from "../governor/ports.ts";
import { anonymousOf } from "../governor/ports.ts";
import { chooseRoom } from "../policy/making-room.ts";
import type { Resident, RoomVerdict } from "../policy/making-room.ts";
import type { Refusal } from "../pool/nursery.ts";
import type { Engine } from "./engine.ts";

/** A model that may have workers. */
export interface Tenant {
  readonly name: string;
  readonly engine: Engine;
  readonly pinned: boolean;
}

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
  readonly decisions: Pick<Decisions, "record">;
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
  #stopped = false;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** Why so many workers of a model may not be started now; undefined where they may. */
  refusal(engine: Engine, workers: number): Refusal | undefined {
    const serving = engine.pool.serving > 0;
    const demand = {
      footprint: this.#options.footprint(engine),
      serving,
      promisedBytes: this.#promisedTo(({ engine: other }) => other !== engine),
    };
    const detail = this.#options.refusal(workers, demand);
    const tenants = this.#options.tenants();
    // One that a switch brings up is no tenant yet: nobody makes room for it, and it may not cross what holds for all.
    const isTenant = tenants.some((one) => one.engine === engine);
    const isAlone = !isTenant || !tenants.some((one) => one.engine !== engine && processesOf(one.engine) > 0);
    if (isAlone || serving || workers > 1) {
      if (detail === undefined) return this.#allow(engine);
      // Another one of it serves, or is about to.
      return isAlone ? { detail } : { detail, passing: "not needed" };
    }
    const { high, critical } = this.#options.thresholds();
    const early = this.#makeRoom(engine, demand, high);
    if (early === undefined) return this.#allow(engine);
    if (this.#making.has(engine)) return early;
    // What can't be had below `high` at once is had below `critical`, where there is room.
    return detail === undefined ? this.#allow(engine) : this.#makeRoom(engine, demand, critical);
  }

  #allow(engine: Engine): undefined {
    this.#asked.delete(engine);
    return undefined;
  }

  /** Makes no more room; what is under way comes to its end. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Undefined where it fits below that share of the limit. */
  #makeRoom(engine: Engine, demand: Wanted, ceiling: number): Refusal | undefined {
    const sample = this.#options.sample();
    const tenant = this.#options.tenants().find((one) => one.engine === engine);
    if (this.#making.has(engine)) return { detail: "room is being made for it", passing: "in time" };
    if (!sample || !tenant || this.#stopped) return undefined;
    const verdict = chooseRoom(this.#wishOf(engine, demand, sample, ceiling), this.#residents(engine, sample));
    switch (verdict.act) {
      case "load":
        return undefined;
      case "refuse":
        return { detail: `${tenant.name} ${verdict.detail}`, code: "MODEL_DOES_NOT_FIT" };
      case "wait":
        this.#lookAgain(engine, verdict.untilMs - this.#options.now());
        return { detail: `it waits for room: ${verdict.detail}`, passing: "in time" };
      case "make room":
        this.#promised.set(engine, demand.footprint.bytesFor({ workers: 1, mapped: false }, sample.source));
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

  #wishOf(engine: Engine, { footprint, promisedBytes }: Wanted, sample: Sample, ceiling: number) {
    const { deadlineMs, now } = this.#options;
    const atMs = now();
    const asked = this.#asked.get(engine);
    const firstMs = asked && atMs - asked.lastMs < FORGOTTEN_AFTER_MS ? asked.firstMs : atMs;
    this.#asked.set(engine, { firstMs, lastMs: atMs });
    return {
      neededBytes: footprint.bytesFor({ workers: 1, mapped: false }, sample.source),
      freeBytes: ceiling * sample.limitBytes - sample.usedBytes - promisedBytes,
      waitedMs: Math.max(atMs - firstMs, engine.queue.oldestMs),
      deadlineMs: deadlineMs(),
      atMs,
    };
  }

  #residents(asking: Engine, sample: Sample): Resident[] {
    const others = this.#options.tenants().filter(({ engine }) => engine !== asking && processesOf(engine) > 0);
    return others.map((tenant) => this.#resident(tenant, sample));
  }

  #resident({ name, engine, pinned }: Tenant, sample: Sample): Resident {
    const { pool, queue, uses } = engine;
    const running = pool.slots.flatMap(({ current }) => (current ? [current] : []));
    const serving = running.filter((worker) => worker.serving);
    const footprint = this.#options.footprint(engine);
    const expected = footprint.bytesFor({ workers: 1, mapped: true }, sample.source);
    const seen = sample.processes.filter(({ pid }) => serving.some((worker) => worker.pid === pid));
    const workers = processesOf(engine);
    // A reading from before it was whole says too little.
    const isSeen = seen.length === workers && serving.every(({ readyAtMs }) => readyAtMs <= sample.atMs);
    const workerBytes = isSeen ? anonymousOf(seen) / workers : expected;
    // Held against a limit of our own, all that its processes have comes back with the last of them.
    const whole = sample.source === "setting" && isSeen ? sum(seen.map(({ pssBytes }) => pssBytes)) : 0;
    // One that is on its way, or for which room is made, does not go before it has come.
    const arriving = serving.length === 0 || this.#promised.has(engine);
    const nowMs = this.#options.now();
    return {
      name,
      workers,
      surplus: Math.max(0, serving.length - 1),
      workerBytes,
      sharedBytes: Math.max(0, whole - workers * workerBytes),
      pinned,
      arriving,
      busy: queue.waiting > 0 || running.some((worker) => worker.batches > 0),
      lastUsedAtMs: uses.lastAtMs ?? 0,
      loadedAtMs: uses.loadedAtMs === 0 ? nowMs : uses.loadedAtMs,
      loadTookMs: uses.loadTookMs,
    };
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
        if (gone) gone.uses.evictions += 1;
        await gone?.pool.unload();
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

  /** To workers that are on their way, or that the last reading saw before they were whole: what it lacks of them. */
  #promisedTo(counts: (tenant: Tenant) => boolean): number {
    const sample = this.#options.sample();
    if (!sample) return 0;
    const tenants = this.#options.tenants().filter(counts);
    return sum(tenants.map(({ engine }) => this.#promisedToOne(engine, sample)));
  }

  #promisedToOne(engine: Engine, sample: Sample): number {
    if (isSettled(engine)) this.#promised.delete(engine);
    const running = engine.pool.slots.flatMap(({ current }) => (current ? [current] : []));
    const growing = running.filter((worker) => !worker.serving || worker.readyAtMs > sample.atMs);
    const isMapped = growing.length === 0 || growing.length < running.length;
    const footprint = this.#options.footprint(engine);
    const coming = footprint.bytesFor({ workers: growing.length, mapped: isMapped }, sample.source);
    const there = sample.processes.filter(({ pid }) => growing.some((worker) => worker.pid === pid));
    const seen =
      sample.source === "setting" && !isMapped ? sum(there.map(({ pssBytes }) => pssBytes)) : anonymousOf(there);
    return Math.max(0, Math.max(this.#promised.get(engine) ?? 0, coming) - seen);
  }
}

/** What it was promised it has, or nobody wants it any more, or it can't be loaded. */
function isSettled({ pool }: Engine): boolean {
  return pool.serving > 0 || pool.held !== undefined || !pool.slots.some(({ wanted }) => wanted);
}

function processesOf({ pool }: Engine): number {
  return pool.slots.filter(({ current }) => current !== undefined).length;
}

function sum(bytes: readonly number[]): number {
  return bytes.reduce((all, one) => all + one, 0);
}

/** Idle ones first. */
async function endSurplus(engine: Engine | undefined, count: number): Promise<void> {
  if (!engine) return;
  const serving = engine.pool.slots.filter(({ current }) => current?.serving);
  const idleFirst = serving.toSorted((a, b) => Number(b.current?.idle ?? false) - Number(a.current?.idle ?? false));
  const going = idleFirst.slice(0, Math.min(count, serving.length - 1));
  await engine.pool.unload(going.map(({ index }) => index));
}
