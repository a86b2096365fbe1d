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
