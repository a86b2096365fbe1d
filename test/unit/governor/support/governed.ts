import { Decisions } from "../../../../src/daemon/governor/decisions.ts";
import { Footprint } from "../../../../src/daemon/governor/footprint.ts";
import { Governor } from "../../../../src/daemon/governor/governor.ts";
import type { ShrinkableCache } from "../../../../src/daemon/governor/ports.ts";
import type { Thresholds } from "../../../../src/daemon/policy/level.ts";
import type { Decision } from "../../../../src/lib/protocol/decisions.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { RecordingWorkers } from "./recording-workers.ts";
import { ScriptedMeter } from "./scripted-meter.ts";

export interface GovernedOptions {
  readonly workers?: number;
  readonly idleUnloadMs?: number;
}

const THRESHOLDS: Thresholds = { warning: 0.8, high: 0.85, critical: 0.9, emergency: 0.95 };
/** Of a worker that was never measured. */
const ESTIMATE_BYTES = 48 * MIB;
const ESTIMATE_SHARED_BYTES = 100 * MIB;

/** The governor over its own ports, with a clock that only the test moves. */
export class Governed {
  readonly clock = { ms: 0 };
  /** Every order to the pool and the cache, and every decision when it was recorded, in order. */
  readonly story: (string | Decision)[] = [];
  readonly failures: unknown[] = [];
  readonly decisions: Decisions;
  readonly workers: RecordingWorkers;
  readonly meter: ScriptedMeter;
  readonly footprint = new Footprint(() => ({
    anonymousBytes: ESTIMATE_BYTES,
    loadBytes: ESTIMATE_BYTES,
    sharedBytes: ESTIMATE_SHARED_BYTES,
  }));
  readonly governor: Governor;

  constructor({ workers = 2, idleUnloadMs = -1 }: GovernedOptions = {}) {
    const onOrder = (order: string): void => void this.story.push(order);
    this.decisions = new Decisions(
      { clock: () => new Date(this.clock.ms), onFailure: (error) => void this.failures.push(error) },
      [{ keep: (decision) => void this.story.push(decision) }],
    );
    this.workers = new RecordingWorkers({ size: workers, onOrder, refusal: (count) => this.governor.refusal(count) });
    this.meter = new ScriptedMeter({
      now: () => this.clock.ms,
      workers: () =>
        this.workers.views().map((view) => ({ ...view, replaced: this.workers.replacements(view.slot) > 0 })),
    });
    this.governor = new Governor({
      meter: this.meter,
      workers: () => this.workers,
      footprint: () => this.footprint,
      onSample: (sample) => {
        const serving = this.workers.views().filter((view) => view.serving);
        this.footprint.observe(
          sample,
          serving.map(({ pid }) => pid),
        );
      },
      cache: recordingCache(onOrder),
      decisions: this.decisions,
      thresholds: THRESHOLDS,
      idleUnloadMs,
      collectGarbage: async () => onOrder("collect garbage"),
      purgeRedis: () => onOrder("purge Redis"),
      now: () => this.clock.ms,
      onFailure: (error) => void this.failures.push(error),
    });
  }

  get orders(): string[] {
    return this.story.filter((entry) => typeof entry === "string");
  }

  /** The decisions so far, without those that only tell of a new level. */
  get acts(): Decision[] {
    return this.decisions.list({ limit: 1000 }).filter(({ action }) => action !== "level");
  }

  /** One reading a second, the first now, each with what follows from it done. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.governor.tick();
      await this.governor.stop();
      this.clock.ms += 1000;
    }
  }

  /** One reading; what it leads to goes on. */
  async tick(): Promise<void> {
    await this.governor.tick();
    this.clock.ms += 1000;
  }
}

function recordingCache(onOrder: (order: string) => void): ShrinkableCache {
  return {
    bytes: 0,
    halve: () => onOrder("halve the cache"),
    clear: (refill) => onOrder(`empty the cache${refill ? "" : " for good"}`),
    refill: () => onOrder("refill the cache"),
  };
}
