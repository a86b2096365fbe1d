import { describeSettings } from "../lib/config/describe.ts";
import type { LoadedSettings } from "../lib/config/load.ts";
import { CombotError } from "../lib/errors.ts";
import type { ClassifyReply, ClassifyRequest } from "../lib/protocol/classify.ts";
import { VERSION } from "../lib/version.ts";
import type { Core } from "./core.ts";
import type { Services } from "./http/services.ts";
import type { Logger } from "./log.ts";
import { reportHealth } from "./operations/health-report.ts";
import { Lifecycle } from "./operations/lifecycle.ts";
import { reportMemory } from "./operations/memory-report.ts";
import { limitsOf, reportWorkers } from "./operations/process-report.ts";

/** What the HTTP API can ask for, answered by the core. */
export function createServices(core: Core, loaded: LoadedSettings, log: Logger): Services {
  const { pool, metrics } = core;
  const { settings } = loaded;
  const uptimeSeconds = (): number => Math.round(process.uptime());
  const lifecycle = new Lifecycle(
    pool,
    () => performance.now(),
    (error) => log.error({ err: error }, "what was started has failed"),
  );
  return {
    classify: (request, signal) => classifyCounted(core, request, signal),
    health: async () => reportHealth(pool, VERSION, uptimeSeconds()),
    memory: () => reportMemory(pool, settings.memory, settings.memoryLimitBytes),
    metrics: () => metrics.report(),
    prometheus: () => metrics.prometheus(),
    processStatus: async () => ({
      daemon: {
        pid: process.pid,
        rssBytes: process.memoryUsage.rss(),
        uptimeSeconds: uptimeSeconds(),
        version: VERSION,
      },
      workers: await reportWorkers(pool),
      recycles: await metrics.recycles(),
      limits: limitsOf(settings),
    }),
    recycle: (slot, wait) => lifecycle.recycle(slot, wait),
    load: (wait) => lifecycle.load(wait),
    unload: (wait) => lifecycle.unload(wait),
    config: async () => ({ settings: [...describeSettings(loaded)] }),
  };
}

async function classifyCounted(core: Core, request: ClassifyRequest, signal: AbortSignal): Promise<ClassifyReply> {
  try {
    const reply = await core.classifier.classify(request, signal);
    core.metrics.answered("computed", reply.results.length, reply.durationMs);
    return reply;
  } catch (error) {
    core.metrics.failed(error instanceof CombotError ? error.code : "INTERNAL");
    throw error;
  }
}
