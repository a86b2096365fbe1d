import { describeSettings } from "../lib/config/describe.ts";
import type { LoadedSettings } from "../lib/config/load.ts";
import { CombotError } from "../lib/errors.ts";
import type { ClassifyReply, ClassifyRequest } from "../lib/protocol/classify.ts";
import type { Governance } from "./governance.ts";
import type { MemoryMeter } from "./governor/ports.ts";
import type { Services } from "./http/services.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { Cleanup } from "./operations/cleanup.ts";
import type { EventHub } from "./operations/event-hub.ts";
import { Lifecycle } from "./operations/lifecycle.ts";
import type { Models } from "./operations/models.ts";
import type { Reports } from "./operations/reports.ts";

export interface ServiceParts {
  readonly models: Models;
  readonly metrics: Metrics;
  readonly meter: MemoryMeter;
  readonly governance: Governance;
  readonly reports: Reports;
  readonly events: EventHub;
  readonly loaded: LoadedSettings;
  readonly log: Logger;
}

/** What the HTTP API can ask for, answered by the parts that own it. */
export function createServices(parts: ServiceParts): Services {
  const { models, metrics, meter, governance, reports, events, loaded, log } = parts;
  const { governor, decisions, cache, collectGarbage } = governance;
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
    health: async () => reports.health(),
    memory: () => reports.memory(),
    cleanup: (request) => cleanup.run(request),
    decisions: async (query) => ({ decisions: decisions.list(query) }),
    events: (listener, lastEventId) => events.listen(listener, lastEventId),
    metrics: () => reports.metrics(),
    prometheus: () => metrics.prometheus(),
    processStatus: () => reports.process(),
    recycle: (slot, wait) => lifecycle.recycle(slot, wait),
    load: (wait) => lifecycle.load(wait),
    unload: (wait) => lifecycle.unload(wait),
    use: (request) => models.use(request),
    config: async () => ({ settings: [...describeSettings(loaded)] }),
  };
}

async function classifyCounted(
  parts: ServiceParts,
  request: ClassifyRequest,
  signal: AbortSignal,
): Promise<ClassifyReply> {
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
