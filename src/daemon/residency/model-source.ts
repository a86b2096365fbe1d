import { usableCores } from "../../lib/cores.ts";
import { CombotError } from "../../lib/errors.ts";
import type { ModelMessage } from "../../lib/protocol/worker-channel.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { EarlyCheck } from "../prepared/early-check.ts";
import { ModelSource } from "../prepared/source.ts";
import { preparedIn } from "../prepared/pruning.ts";
import { PreparedStore } from "../prepared/store.ts";
import { prepareInChild, prepareWithSpareTime, runTrial } from "../prepared/trial-run.ts";
import type { TrialOrder, TrialOutcome } from "../prepared/trial-run.ts";

export interface ModelSourceOptions {
  readonly stateDir: string;
  /** Of one worker's load, asked when it is needed. */
  readonly loadTimeoutMs: () => number;
  readonly threads: number;
  /** Nobody waits for it: it is tried and prepared with what the processors have left. */
  readonly isSpare?: boolean;
  readonly onProgress: (detail: string) => void;
  readonly onFallback: (reason: string) => void;
  /** Aborted when nobody wants to know any more: a trial that runs is ended. */
  readonly stop?: AbortSignal;
  /** Of what was prepared, where one was begun. */
  readonly early?: EarlyCheck | undefined;
}

/** A trial loads the model up to six times, and asks it each time. */
const TRIAL_LOADS = 6;

type StoreOrder = Pick<TrialOrder, "modelPath" | "folder" | "obstacle">;

const now = (): number => performance.now();

/** Where the workers of a model get their file, and `combot model check` the same one. */
export function createModelSource(model: ServedModel, options: ModelSourceOptions): ModelSource {
  const { stateDir, loadTimeoutMs, threads, isSpare = false, onProgress, onFallback, stop, early } = options;
  const { encoder, windowTokens, tokenizer } = model;
  const tried = {
    ...channelModelOf(model),
    threads,
    isSpare,
    windowTokens,
    vocabulary: tokenizer.tokens,
    encode: (text: string) => encoder.encode({ text }),
  };
  const prepare = isSpare ? prepareWithSpareTime : prepareInChild;
  let running = new AbortController();
  const run = async (order: StoreOrder): Promise<TrialOutcome> => {
    const { signal } = (running = new AbortController());
    const timeoutMs = TRIAL_LOADS * loadTimeoutMs();
    const stops = stop ? AbortSignal.any([stop, signal]) : signal;
    const outcome = await runTrial({ ...order, model: tried, timeoutMs, prepare, stop: stops });
    // What it came to says nothing of the model.
    if (signal.aborted) throw new CombotError("MODEL_UNAVAILABLE", String(signal.reason));
    return outcome;
  };
  const store = new PreparedStore({ dir: preparedIn(stateDir), run, onProgress, early });
  const { computedDigest: digest, modelPath, externalPaths, bytes, sealed } = model;
  return new ModelSource({
    model: { digest, modelPath, externalPaths, bytes, sealed },
    store,
    onFallback,
    giveUp: (why) => running.abort(why),
    now,
  });
}

/** What a worker has to know of a model beside its file. */
export function channelModelOf({ labels, outputName, padId, paddingSide, probe }: ServedModel): ModelMessage {
  return { output: outputName, labels: labels.length, padId, padLeft: paddingSide === "left", probe };
}

/** Of one worker: more threads than cores is the slowest of all, 84 inferences/s where one thread a worker does 246. */
export function threadsOf(workers: number): number {
  return Math.max(1, Math.floor(usableCores() / workers));
}
