import type { ErrorCode } from "../../lib/error-table.ts";
import { CombotError, messageOf } from "../../lib/errors.ts";
import type { Classifier } from "../classifier/classifier.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { Pool } from "../pool/pool.ts";
import type { Trial } from "../prepared/trial.ts";
import type { Queue } from "../queue/queue.ts";
import type { Uses } from "./uses.ts";

/** All that serves one model: texts of different models never share a queue, a worker or a reply. */
export interface Engine {
  readonly model: ServedModel;
  readonly queue: Queue;
  readonly pool: Pool;
  readonly classifier: Classifier;
  readonly uses: Uses;
  /** Why its workers don't share weights, if they don't. */
  readonly unshared: () => string | undefined;
  /** What was found before the first worker started; undefined until then. */
  readonly trial: () => Trial | undefined;
  /** Its trial may run, which takes memory beside its workers. */
  readonly trying: () => boolean;
  /** Resolves when the trial's processes are gone, if it runs. */
  readonly giveUpTrial: (why: string) => Promise<void>;
  /** What was begun last of what comes before its first worker, in words. */
  readonly doing: () => string | undefined;
}

export function hasProcesses({ pool }: Engine): boolean {
  return pool.slots.some(({ workers }) => workers.size > 0);
}

/** What of a load's failures says nothing about the model. */
const INNOCENT: ReadonlySet<ErrorCode> = new Set(["NO_PROCESS", "MODEL_UNLOADED", "SHUTTING_DOWN"]);

/**
 * @throws {CombotError} if its workers don't come to serve; they are gone then. `MODEL_INVALID` where the model is at
 *   fault, else as the pool has it.
 */
export async function bringUp({ pool, model }: Engine): Promise<void> {
  try {
    pool.load();
    await pool.whenReady();
  } catch (error) {
    await pool.stop();
    const isInnocent = error instanceof CombotError && INNOCENT.has(error.code);
    const code = isInnocent ? error.code : "MODEL_INVALID";
    throw new CombotError(code, `${model.dir}: ${messageOf(error)}`, { cause: error });
  }
}
