import type { Settings } from "../../lib/config/settings.ts";
import type { Alert } from "../../lib/protocol/alerts.ts";
import type { CacheStats, RedisStatus } from "../../lib/protocol/cache.ts";
import type { Sample } from "../../lib/protocol/events.ts";
import type { Health } from "../../lib/protocol/health.ts";
import type { MemoryReport } from "../../lib/protocol/memory.ts";
import type { JournalReport, MetricsReport } from "../../lib/protocol/metrics.ts";
import type { ProcessStatus } from "../../lib/protocol/process.ts";
import type { AnswerCache } from "../cache/answer-cache.ts";
import type { Governor } from "../governor/governor.ts";
import type { MemoryMeter } from "../governor/ports.ts";
import { readProcessMemory } from "../memory/process-memory.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { reportCache, reportRedis } from "./cache-report.ts";
import type { SharedRedis } from "./cache-report.ts";
import type { FolderWatch } from "../model/folder-watch.ts";
import { reportHealth } from "./health-report.ts";
import { reportMemory } from "./memory-report.ts";
import type { Models } from "../residency/models.ts";
import type { Footprints } from "../residency/footprints.ts";
import { sampleModels } from "./models-report.ts";
import { limitsOf, reportWorkers } from "./process-report.ts";
import type { MemoryOf } from "./process-report.ts";

export interface ReportParts {
  readonly models: Models;
  readonly folder: FolderWatch;
  readonly metrics: Metrics;
  readonly meter: MemoryMeter;
  readonly governor: Governor;
  readonly caching: { readonly answers: AnswerCache; readonly redis: SharedRedis | undefined };
  readonly footprints: Pick<Footprints, "of">;
  readonly settings: Settings;
  /** Null without one. */
  readonly journal: () => JournalReport | null;
  /** Those that fire. */
  readonly alerts: () => readonly Alert[];
  readonly version: string;
}

/** In a sample: what INFO tells changes slowly, and each asking wakes the daemon once more. */
const SAMPLED_REDIS_MS = 10_000;

/** How things stand, for whoever asks; and all of it at once for those who watch. */
export class Reports {
  readonly #parts: ReportParts;

  constructor(parts: ReportParts) {
    this.#parts = parts;
  }

  health(): Health {
    const { models, folder, governor, caching, journal, version } = this.#parts;
    const redis = caching.redis?.connection;
    const { current: engine, chosen } = models;
    return reportHealth({ engine, chosen, folder, governor, redis, journal: journal(), version }, uptimeSeconds());
  }

  /** Measured now, exactly. */
  async memory(): Promise<MemoryReport> {
    return this.#memoryOf(await this.#parts.meter.measure());
  }

  metrics(): Promise<MetricsReport> {
    return this.#parts.metrics.report();
  }

  cache(maxAgeMs?: number): Promise<CacheStats> {
    const { answers, redis } = this.#parts.caching;
    return reportCache(answers, redis, maxAgeMs);
  }

  redis(maxAgeMs?: number): Promise<RedisStatus> {
    const { answers, redis } = this.#parts.caching;
    return reportRedis(answers, redis, maxAgeMs);
  }

  process(): Promise<ProcessStatus> {
    return this.#process(readProcessMemory);
  }

  /** Memory is what the governor has just read: to watch costs no reading of its own. */
  async sample(): Promise<Sample> {
    const { governor, meter, models, footprints, settings } = this.#parts;
    const reading = governor.sample ?? (await meter.sample());
    const figures = new Map(reading.processes.map((process) => [process.pid, process]));
    const [process, metrics, cache, redis] = await Promise.all([
      this.#process(async (pid) => figures.get(pid)),
      this.metrics(),
      this.cache(SAMPLED_REDIS_MS),
      this.redis(SAMPLED_REDIS_MS),
    ]);
    const sampled = sampleModels({
      models,
      footprint: (engine) => footprints.of(engine),
      sample: () => reading,
      idleUnloadMs: () => settings.modelIdleUnloadMs,
      now: () => performance.now(),
    });
    return {
      at: new Date().toISOString(),
      health: this.health(),
      memory: this.#memoryOf(reading),
      process,
      metrics,
      recentLatencyMs: this.#parts.metrics.recentLatencies(),
      cache,
      redis,
      alerts: [...this.#parts.alerts()],
      ...(sampled && { models: sampled }),
    };
  }

  #memoryOf(reading: Parameters<typeof reportMemory>[0]): MemoryReport {
    const { governor, settings, models } = this.#parts;
    const { memory: thresholds, modelIdleUnloadMs: idleUnloadMs } = settings;
    return reportMemory(reading, governor.level, { thresholds, models, idleUnloadMs });
  }

  async #process(memoryOf: MemoryOf): Promise<ProcessStatus> {
    const { models, metrics, settings, version } = this.#parts;
    return {
      daemon: { pid: process.pid, rssBytes: process.memoryUsage.rss(), uptimeSeconds: uptimeSeconds(), version },
      workers: await reportWorkers(models.engines, memoryOf, (engine) => models.nameOf(engine)),
      recycles: await metrics.recycles(),
      limits: limitsOf(settings),
    };
  }
}

function uptimeSeconds(): number {
  return Math.round(process.uptime());
}
