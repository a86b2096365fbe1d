import { randomBytes } from "node:crypto";
import type { Settings } from "../lib/config/settings.ts";
import { CombotError, messageOf } from "../lib/errors.ts";
import { createEngine } from "./engine.ts";
import type { Logger } from "./log.ts";
import { Metrics } from "./metrics/metrics.ts";
import { BUNDLED_MODEL_DIR, openModel } from "./model/served-model.ts";
import type { ServedModel } from "./model/served-model.ts";
import { ModelChoice } from "./operations/model-choice.ts";
import { Models } from "./operations/models.ts";
import { fitsBeside } from "./operations/room.ts";

export interface Serving {
  readonly models: Models;
  readonly metrics: Metrics;
}

const now = (): number => performance.now();

/** Opens the model and wires all that serves it; no worker runs yet. @throws {CombotError} `CONFIG_INVALID` */
export async function createServing(settings: Settings, log: Logger): Promise<Serving> {
  const choice = new ModelChoice(settings.stateDir);
  const defaultDir = settings.modelDir ?? BUNDLED_MODEL_DIR;
  const model = await openFirst(choice, defaultDir, log);
  const metrics = new Metrics(now, () => {
    const { queue, pool } = models.current;
    return {
      waiting: queue.waiting,
      oldestMs: queue.oldestMs,
      users: pool.users,
      ready: pool.serving,
      daemonRssBytes: process.memoryUsage.rss(),
    };
  });
  const parts = { settings, log, metrics, userKey: randomBytes(32) };
  const room = { ...settings, ceiling: settings.memory.critical };
  const models: Models = new Models(createEngine(model, parts), {
    defaultDir,
    choice,
    open: openModel,
    create: (other) => createEngine(other, parts),
    fits: (other) => fitsBeside(other, models.engines, room),
    now,
  });
  return { models, metrics };
}

/** The model chosen last, else the one the settings name: a bad choice must not keep the daemon from starting. */
async function openFirst(choice: ModelChoice, defaultDir: string, log: Logger): Promise<ServedModel> {
  const chosen = choice.read();
  if (chosen !== undefined) {
    try {
      return await openModel(chosen);
    } catch (error) {
      log.warn({ dir: chosen, reason: messageOf(error) }, "the model chosen last can't be opened; the settings' one serves");
    }
  }
  return openConfigured(defaultDir);
}

/** A model that can't be served is a setting at fault: systemd must not try again. */
async function openConfigured(dir: string): Promise<ServedModel> {
  try {
    return await openModel(dir);
  } catch (error) {
    if (!(error instanceof CombotError)) throw error;
    throw new CombotError("CONFIG_INVALID", `COMBOT_MODEL_DIR: ${error.message}`, { cause: error });
  }
}
