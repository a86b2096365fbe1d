import { pino } from "pino";
import { onTestFinished } from "vitest";
import { loadSettings } from "../../src/lib/config/load.ts";
import type { ClassifyReply, ClassifyRequest } from "../../src/lib/protocol/classify.ts";
import type { Caching } from "../../src/daemon/wiring/caching.ts";
import type { Governance } from "../../src/daemon/wiring/governance.ts";
import type { Metrics } from "../../src/daemon/metrics/metrics.ts";
import type { FolderWatch } from "../../src/daemon/model/folder-watch.ts";
import type { Models } from "../../src/daemon/residency/models.ts";
import type { Reports } from "../../src/daemon/reports/reports.ts";
import type { Pool } from "../../src/daemon/pool/pool.ts";
import { createServing } from "../../src/daemon/wiring/serving.ts";
import { temporaryFolder } from "./temporary.ts";

export interface Core extends Governance {
  readonly models: Models;
  readonly metrics: Metrics;
  readonly caching: Caching;
  readonly folder: FolderWatch;
  readonly reports: Reports;
  /** Of the model that serves. */
  readonly pool: Pool;
}

/** The daemon's core with real worker processes, in this process, without sockets. Ends with the test. */
export async function startCore(modelDir: string, env: Record<string, string> = {}): Promise<Core> {
  const machine = { cores: 2, memoryBytes: 8 * 2 ** 30 };
  const own = {
    COMBOT_MODEL_DIR: modelDir,
    COMBOT_STATE_DIR: temporaryFolder(),
    REDIS_URL: "off",
    DATABASE_URL: "off",
  };
  const { settings } = loadSettings({ env: { ...own, ...env }, machine });
  const { models, metrics, governance, caching, folder, reports } = await createServing(
    settings,
    pino({ level: "silent" }),
  );
  // As the daemon does before its sockets answer.
  await folder.poll();
  onTestFinished(async () => {
    await governance.governor.stop();
    await models.stop();
    caching.redis?.connection.close();
  });
  return {
    models,
    metrics,
    caching,
    folder,
    reports,
    ...governance,
    get pool() {
      return models.current.pool;
    },
  };
}

/** Past the cache: what is asked for is computed. */
export function classify(core: Core, texts: string[], user?: string): Promise<ClassifyReply> {
  return ask(core, { texts, noCache: true, ...(user === undefined ? {} : { user }) });
}

export function ask(core: Core, request: ClassifyRequest): Promise<ClassifyReply> {
  return core.models.classify(request, () => new AbortController().signal);
}

/** The pids of the workers that run, by slot. */
export function workerPids(core: Core): number[] {
  const slots = core.models.engines.flatMap(({ pool }) => pool.slots);
  return slots.flatMap((slot) => [...slot.workers].map((worker) => worker.pid));
}
