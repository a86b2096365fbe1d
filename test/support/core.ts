import { pino } from "pino";
import { onTestFinished } from "vitest";
import { loadSettings } from "../../src/lib/config/load.ts";
import type { ClassifyReply } from "../../src/lib/protocol/classify.ts";
import { createCore } from "../../src/daemon/core.ts";
import type { Core } from "../../src/daemon/core.ts";
import { openModel } from "../../src/daemon/model/served-model.ts";

/** The daemon's core with real worker processes, in this process, without sockets. Ends with the test. */
export async function startCore(modelDir: string, env: Record<string, string> = {}): Promise<Core> {
  const machine = { cores: 2, memoryBytes: 8 * 2 ** 30 };
  const { settings } = loadSettings({ env: { REDIS_URL: "off", DATABASE_URL: "off", ...env }, machine });
  const core = createCore(settings, await openModel(modelDir), pino({ level: "silent" }));
  onTestFinished(() => core.pool.stop());
  return core;
}

export function classify(core: Core, texts: string[], user?: string): Promise<ClassifyReply> {
  return core.classifier.classify({ texts, ...(user === undefined ? {} : { user }) }, new AbortController().signal);
}

/** The pids of the workers that run, by slot. */
export function workerPids(core: Core): number[] {
  return core.pool.slots.flatMap((slot) => [...slot.workers].map((worker) => worker.pid));
}
