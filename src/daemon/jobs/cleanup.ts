import type { CleanupLevel, CleanupReply, CleanupRequest, CleanupSnapshot } from "../../lib/protocol/cleanup.ts";
import type { CameBy } from "../../lib/protocol/decisions.ts";
import { CombotError } from "../../lib/errors.ts";
import type { RedisClient } from "../cache/redis-client.ts";
import { purgeRedis, sweepRedis } from "../cache/sweep.ts";
import type { Decisions } from "../governor/decisions.ts";
import { anonymousOf } from "../governor/ports.ts";
import type { MemoryMeter, Sample, ShrinkableCache } from "../governor/ports.ts";
import type { SharedRedis } from "../reports/cache-report.ts";
import { processMemory } from "../reports/memory-report.ts";
import type { Models } from "../residency/models.ts";

export interface CleanupParts {
  readonly models: Models;
  readonly meter: MemoryMeter;
  readonly cache: ShrinkableCache;
  /** Undefined where it is off. */
  readonly redis: SharedRedis | undefined;
  readonly decisions: Decisions;
  /** In turns of its own, none of which is this one. */
  readonly collectGarbage: () => Promise<void>;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

interface Step {
  readonly action: string;
  readonly reason: string;
  /** Processes whose memory it gives back. */
  readonly pids: readonly number[];
  /** What it would give back, told by a dry run. */
  readonly estimateBytes: (sample: Sample) => number;
  readonly run: () => Promise<unknown>;
}

/** What is done first, what is done beside it, one after another in each row, and what waits for all of them. */
interface Plan {
  readonly first: readonly Step[];
  readonly beside: readonly (readonly Step[])[];
  readonly last: readonly Step[];
}

/** Gives memory back by hand, and says what each step gave: measured when the old processes have ended. */
export class Cleanup {
  readonly #parts: CleanupParts;

  constructor(parts: CleanupParts) {
    this.#parts = parts;
  }

  /** @throws {CombotError} `CACHE_UNAVAILABLE` before anything is done, where Redis is to be cleaned up and is away. */
  async run(request: CleanupRequest, by: CameBy): Promise<CleanupReply> {
    const { level = "force", dryRun = false, redis = false, sessions = false } = request;
    const { meter, decisions, now } = this.#parts;
    const from = now();
    // Own bytes are counted now. PSS may be the last reading moved on: to read it takes as long as a process to end.
    const before = await meter.sample();
    const cacheBytes = this.#parts.cache.bytes;
    const plan = this.#planOf(level, before, redis ? [this.#redisStep(sessions)] : []);
    const { actions, after } = dryRun ? estimated(plan, before) : await this.#perform(plan, before);
    const freedBytes = anonymousOf(before.processes) - anonymousOf(after.processes);
    const durationMs = Math.round(now() - from);
    if (!dryRun) {
      decisions.record({
        action: "cleanup",
        reason: "by hand",
        measured: null,
        threshold: null,
        freedBytes,
        durationMs,
        detail: level,
        by,
      });
    }
    return {
      level,
      dryRun,
      actions,
      before: snapshotOf(before, cacheBytes),
      after: snapshotOf(after, this.#parts.cache.bytes),
      freedBytes,
      durationMs,
    };
  }

  /**
   * Idle workers end side by side, and garbage is collected meanwhile. So what each step gave is told by the processes
   * that are its own, from three readings in all: shares of shared pages take as long to read as a worker takes to end.
   */
  async #perform(plan: Plan, before: Sample): Promise<Outcome> {
    const { meter } = this.#parts;
    const first = await this.#inTurn(plan.first);
    const between = await meter.sample();
    const beside = await Promise.all(plan.beside.map((steps) => this.#inTurn(steps)));
    const last = await this.#inTurn(plan.last);
    const after = await meter.measure();
    const told =
      (from: Sample, to: Sample) =>
      ({ step: { action, reason, pids }, durationMs }: Done) => ({
        action,
        reason,
        freedBytes: anonymousIn(from, pids) - anonymousIn(to, pids),
        durationMs,
      });
    const actions = [...first.map(told(before, between)), ...[...beside.flat(), ...last].map(told(between, after))];
    return { actions, after };
  }

  async #inTurn(steps: readonly Step[]): Promise<Done[]> {
    const { now } = this.#parts;
    const done: Done[] = [];
    for (const step of steps) {
      const from = now();
      await step.run();
      done.push({ step, durationMs: Math.round(now() - from) });
    }
    return done;
  }

  /** soft: what costs nobody anything; force: workers too, busy ones in turn; emergency: all of them at once. */
  #planOf(level: CleanupLevel, sample: Sample, last: readonly Step[]): Plan {
    const { cache, collectGarbage } = this.#parts;
    const cacheStep: Step =
      level === "soft"
        ? this.#step(
            "in-memory cache halved",
            "the half used least",
            () => cache.bytes / 2,
            () => cache.halve(),
          )
        : this.#step(
            "in-memory cache emptied",
            level,
            () => cache.bytes,
            () => cache.clear(true),
          );
    const garbage = this.#step(
      "garbage collected in the daemon",
      level,
      () => 0,
      // It holds the event loop: those that are to end meanwhile are told first.
      collectGarbage,
    );
    return {
      first: [cacheStep],
      beside: [...this.#workerSteps(level, sample), this.#purgeSteps(level), [garbage]],
      last,
    };
  }

  #redisStep(sessions: boolean): Step {
    const { redis } = this.#parts;
    const client = redis?.connection.client;
    if (!client)
      throw new CombotError("CACHE_UNAVAILABLE", "Redis is off or away, so nothing was done", { retryAfterSeconds: 1 });
    const action = sessions ? "answers, sessions and products removed from Redis" : "answers removed from Redis";
    return besideOurs(action, "by hand", () => sweep(redis, client, sessions));
  }

  /** Its memory is this machine's too, where it is managed. */
  #purgeSteps(level: CleanupLevel): Step[] {
    const client = this.#parts.redis?.connection.client;
    if (!client || level === "soft") return [];
    return [besideOurs("Redis told to purge its allocator", level, () => purgeRedis(client))];
  }

  /** Rows of steps: each row in turn, the rows side by side. */
  #workerSteps(level: CleanupLevel, sample: Sample): Step[][] {
    const { pool } = this.#parts.models.current;
    const running = pool.slots.flatMap(({ index, current }) => (current ? [{ index, worker: current }] : []));
    const anonymous = (pids: readonly number[]) => (now: Sample) => anonymousIn(now, pids);
    if (level === "emergency") {
      const pids = sample.processes.filter(({ role }) => role === "worker").map(({ pid }) => pid);
      const action = "every worker ended at once";
      return [[{ action, reason: level, pids, estimateBytes: anonymous(pids), run: () => pool.unload() }]];
    }
    // A soft cleanup leaves one to serve; the others only if nobody waits for them.
    const serving = running.filter(({ worker }) => worker.serving);
    const spared = serving.find(({ worker }) => !worker.idle) ?? serving[0];
    const chosen = level === "force" ? running : serving.filter((one) => one !== spared && one.worker.idle);
    const step = ({ index, worker: { pid } }: (typeof running)[number]): Step => ({
      action: `worker ${index} ended`,
      reason: level === "force" ? "starts again on demand" : "idle",
      pids: [pid],
      estimateBytes: anonymous([pid]),
      run: () => pool.unload([index]),
    });
    const idle = chosen.filter(({ worker }) => worker.idle);
    const busy = chosen.filter(({ worker }) => !worker.idle);
    return [...idle.map((one) => [step(one)]), busy.map(step)];
  }

  /** A step within the daemon itself. */
  #step(action: string, reason: string, estimateBytes: () => number, run: () => void | Promise<void>): Step {
    return { action, reason, pids: [process.pid], estimateBytes, run: async () => run() };
  }
}

function snapshotOf({ usage, usedBytes, limitBytes, processes }: Sample, cacheBytes: number): CleanupSnapshot {
  return { usage, usedBytes, limitBytes, cacheBytes, processes: processes.map(processMemory) };
}

/** A step that gives back nothing of the daemon's or its workers', whose memory alone is measured. */
function besideOurs(action: string, reason: string, run: () => Promise<void>): Step {
  return { action, reason, pids: [], estimateBytes: () => 0, run };
}

async function sweep(redis: SharedRedis, client: RedisClient, sessions: boolean): Promise<void> {
  redis.sweptKeys = 0;
  try {
    await sweepRedis(client, sessions, (keys) => (redis.sweptKeys = (redis.sweptKeys ?? 0) + keys));
  } finally {
    redis.sweptKeys = null;
  }
}

interface Done {
  readonly step: Step;
  readonly durationMs: number;
}

interface Outcome {
  readonly actions: CleanupReply["actions"];
  readonly after: Sample;
}

function estimated({ first, beside, last }: Plan, before: Sample): Outcome {
  const actions = [...first, ...beside.flat(), ...last].map(({ action, reason, estimateBytes }) => ({
    action,
    reason,
    freedBytes: Math.round(estimateBytes(before)),
    durationMs: 0,
  }));
  return { actions, after: before };
}

/** Of these processes, as far as they live. */
function anonymousIn({ processes }: Sample, pids: readonly number[]): number {
  return anonymousOf(processes.filter(({ pid }) => pids.includes(pid)));
}
