import type { CleanupLevel, CleanupReply, CleanupRequest, CleanupSnapshot } from "../../lib/protocol/cleanup.ts";
import { CombotError } from "../../lib/errors.ts";
import type { RedisConnection } from "../cache/redis-connection.ts";
import { sweepRedis } from "../cache/sweep.ts";
import type { Decisions } from "../governor/decisions.ts";
import { anonymousOf } from "../governor/ports.ts";
import type { MemoryMeter, Sample, ShrinkableCache } from "../governor/ports.ts";
import { processMemory } from "./memory-report.ts";
import type { Models } from "./models.ts";

export interface CleanupParts {
  readonly models: Models;
  readonly meter: MemoryMeter;
  readonly cache: ShrinkableCache;
  /** Undefined where it is off. */
  readonly redis: () => RedisConnection | undefined;
  readonly decisions: Decisions;
  readonly collectGarbage: () => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

interface Step {
  readonly action: string;
  readonly reason: string;
  /** What it would give back, told by a dry run. */
  readonly estimateBytes: (sample: Sample) => number;
  readonly run: () => Promise<unknown>;
}

/** Gives memory back by hand, and says what each step gave: measured when the old processes have ended. */
export class Cleanup {
  readonly #parts: CleanupParts;

  constructor(parts: CleanupParts) {
    this.#parts = parts;
  }

  /** @throws {CombotError} `CACHE_UNAVAILABLE` before anything is done, where Redis is to be cleaned up and is away. */
  async run({
    level = "force",
    dryRun = false,
    redis = false,
    sessions = false,
  }: CleanupRequest): Promise<CleanupReply> {
    const { meter, decisions, now } = this.#parts;
    const from = now();
    const before = await meter.measure();
    const steps = [...this.#stepsOf(level, before), ...(redis ? [this.#redisStep(sessions)] : [])];
    const actions = dryRun ? steps.map((step) => estimated(step, before)) : await this.#perform(steps, before);
    const after = dryRun ? before : await meter.measure();
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
      });
    }
    return {
      level,
      dryRun,
      actions,
      before: this.#snapshot(before),
      after: this.#snapshot(after),
      freedBytes,
      durationMs,
    };
  }

  /** What a step gave back is told by resident memory: shares of shared pages take as long to read as a worker to end. */
  async #perform(steps: readonly Step[], measured: Sample): Promise<CleanupReply["actions"]> {
    const { meter, now } = this.#parts;
    const actions: CleanupReply["actions"] = [];
    let before = anonymousOf(measured.processes);
    for (const { action, reason, run } of steps) {
      const from = now();
      await run();
      const durationMs = Math.round(now() - from);
      const after = anonymousOf((await meter.sample()).processes);
      actions.push({ action, reason, freedBytes: before - after, durationMs });
      before = after;
    }
    return actions;
  }

  /** soft: what costs nobody anything; force: workers too, in turn; emergency: all of them at once. */
  #stepsOf(level: CleanupLevel, sample: Sample): Step[] {
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
    const garbage = this.#step("garbage collected in the daemon", level, () => 0, collectGarbage);
    return [cacheStep, ...this.#workerSteps(level, sample), garbage];
  }

  #redisStep(sessions: boolean): Step {
    const client = this.#parts.redis()?.client;
    if (!client)
      throw new CombotError("CACHE_UNAVAILABLE", "Redis is off or away, so nothing was done", { retryAfterSeconds: 1 });
    const action = sessions ? "answers, sessions and products removed from Redis" : "answers removed from Redis";
    return this.#step(
      action,
      "by hand",
      () => 0,
      () => sweepRedis(client, sessions),
    );
  }

  #workerSteps(level: CleanupLevel, sample: Sample): Step[] {
    const { pool } = this.#parts.models.current;
    const running = pool.slots.filter((slot) => slot.current);
    const bytesOf = (pids: readonly number[]) => (now: Sample) =>
      anonymousOf(now.processes.filter(({ pid }) => pids.includes(pid)));
    if (level === "emergency") {
      const pids = sample.processes.filter(({ role }) => role === "worker").map(({ pid }) => pid);
      return [
        { action: "every worker ended at once", reason: level, estimateBytes: bytesOf(pids), run: () => pool.unload() },
      ];
    }
    // A soft cleanup leaves one to serve; the others only if nobody waits for them.
    const serving = running.filter((slot) => slot.current?.view().serving);
    const spared = serving.find((slot) => !slot.current?.view().idle) ?? serving[0];
    const chosen = level === "force" ? running : serving.filter((slot) => slot !== spared && slot.current?.view().idle);
    return chosen.map(({ index, current }) => ({
      action: `worker ${index} ended`,
      reason: level === "force" ? "starts again on demand" : "idle",
      estimateBytes: bytesOf([current?.pid ?? 0]),
      run: () => pool.unload([index]),
    }));
  }

  #step(action: string, reason: string, estimateBytes: () => number, run: () => void | Promise<void>): Step {
    return { action, reason, estimateBytes, run: async () => run() };
  }

  #snapshot({ usage, usedBytes, limitBytes, processes }: Sample): CleanupSnapshot {
    return {
      usage,
      usedBytes,
      limitBytes,
      cacheBytes: this.#parts.cache.bytes,
      processes: processes.map(processMemory),
    };
  }
}

function estimated({ action, reason, estimateBytes }: Step, sample: Sample): CleanupReply["actions"][number] {
  return { action, reason, freedBytes: Math.round(estimateBytes(sample)), durationMs: 0 };
}
