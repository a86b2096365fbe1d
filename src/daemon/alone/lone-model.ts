import { rmSync } from "node:fs";
import { hangLimitMs } from "../../lib/slowness.ts";
import { makeTemporaryFolder } from "../../lib/temporary-folder.ts";
import { createModelSource } from "../residency/model-source.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { ModelSource } from "../prepared/source.ts";

// What the commands that try a model without a daemon have in common.

/** Whoever asked has a deadline of its own. */
const LOAD_TIMEOUT_MS = hangLimitMs(120_000);

/** The daemon's own way to the file that its workers load. */
export function sourceOf(model: ServedModel, stateDir: string, stop: AbortSignal): ModelSource {
  return createModelSource(model, {
    stateDir,
    loadTimeoutMs: () => LOAD_TIMEOUT_MS,
    threads: 1,
    onProgress: () => undefined,
    onFallback: () => undefined,
    stop,
  });
}

/** A copy of the model and what is prepared of it: gone with its process, whatever ends it but a SIGKILL. */
export class TemporaryState {
  readonly dir: string;

  constructor(prefix: string) {
    this.dir = makeTemporaryFolder(prefix);
    process.once("exit", this.remove);
  }

  readonly remove = (): void => {
    process.removeListener("exit", this.remove);
    rmSync(this.dir, { recursive: true, force: true });
  };
}
