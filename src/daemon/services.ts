import { describeSettings } from "../lib/config/describe.ts";
import type { LoadedSettings } from "../lib/config/load.ts";
import { CombotError } from "../lib/errors.ts";
import type { ClassifyReply, ClassifyRequest } from "../lib/protocol/classify.ts";
import { VERSION } from "../lib/version.ts";
import type { Governance } from "./governance.ts";
import type { MemoryMeter } from "./governor/ports.ts";
import type { Services } from "./http/services.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { Cleanup } from "./operations/cleanup.ts";
import { reportHealth } from "./operations/health-report.ts";
import { Lifecycle } from "./operations/lifecycle.ts";
import { reportMemory } from "./operations/memory-report.ts";
import type { Models } from "./operations/models.ts";
import { limitsOf, reportWorkers } from "./operations/process-report.ts";

export interface ServiceParts {
  readonly models: Models;
  readonly metrics: Metrics;
  readonly meter: MemoryMeter;
  readonly governance: Governance;
  readonly loaded: LoadedSettings;
  readonly log: Logger;
}

/** What the HTTP API can ask for, answered by the parts that own it. */
export function createServices(parts: ServiceParts): Services {
  const { models, metrics, meter, governance, loaded, log } = parts;
  const { governor, decisions, cache, collectGarbage } = governance;
  const { settings } = loaded;
  const uptimeSeconds = (): number => Math.round(process.uptime());
  const now = (): number => performance.now();
  const lifecycle = new Lifecycle({
    models,
    meter,
    roomForBoth: () => governor.roomForBoth().fits,
    now,
    onFailure: (error) => log.error({ err: error }, "what was started has failed"),
  });
  const cleanup = new Cleanup({ models, meter, cache, decisions, collectGarbage, now });
  return {
    classify: (request, signal) => classifyCounted(parts, request, signal),
    health: async () => reportHealth(models.current, governor, VERSION, uptimeSeconds()),
    memory: async () => reportMemory(await meter.measure(), governor.level, settings.memory, models.engines),
    cleanup: (request) => cleanup.run(request),
    decisions: async (query) => ({ decisions: decisions.list(query) }),
    metrics: () => metrics.report(),
    prometheus: () => metrics.prometheus(),
    processStatus: async () => ({
      daemon: { pid: process.pid, rssBytes: process.memoryUsage.rss(), uptimeSeconds: uptimeSeconds(), version: VERSION },
      workers: await reportWorkers(models.engines),
      recycles: await metrics.recycles(),
      limits: limitsOf(settings),
    }),
    recycle: (slot, wait) => lifecycle.recycle(slot, wait),
    load: (wait) => lifecycle.load(wait),
    unload: (wait) => lifecycle.unload(wait),
    use: (request) => models.use(request),
    config: async () => ({ settings: [...describeSettings(loaded)] }),
  };
}

async function classifyCounted(parts: ServiceParts, request: ClassifyRequest, signal: AbortSignal): Promise<ClassifyReply> {
  const { models, metrics } = parts;
  try {
    const reply = await models.classify(request, signal);
    metrics.answered("computed", reply.results.length, reply.durationMs);
    return reply;
  } catch (error) {
    metrics.failed(error instanceof CombotError ? error.code : "INTERNAL");
    throw error;
  }
}
