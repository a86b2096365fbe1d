import { fork } from "node:child_process";
import { CombotError } from "../../errors.ts";
import { programFile } from "../../package-files.ts";
import { tetheredNode } from "../../tether.ts";
import type { FromGenerator, LoadOrder, LoadProgress, LoadResult, ToGenerator } from "./order.ts";

const PROGRAM = programFile("lib/perf/load/generator-process");

export interface GeneratorWatcher {
  /** The warm-up is over. @param pid of the generator. */
  readonly onMeasuring?: (pid: number) => void;
  /** No further request is begun; the generator is still there. */
  readonly onOver?: (pid: number) => void;
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Aborted: no further request is to be begun, and the run is over. */
  readonly until?: AbortSignal | undefined;
  /** How long what is under way is waited for then; until it ends by default. */
  readonly graceMs?: number;
}

/**
 * Runs the generator in a process of its own.
 *
 * @throws {CombotError} `INTERNAL` if it ends without a result.
 */
export function runGenerator(order: LoadOrder, watcher: GeneratorWatcher, signal?: AbortSignal): Promise<LoadResult> {
  const child = fork(PROGRAM, [], {
    ...tetheredNode(),
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    ...(signal && { signal, killSignal: "SIGKILL" as const }),
  });
  const pid = child.pid ?? 0;
  return new Promise((resolve, reject) => {
    let result: LoadResult | undefined;
    child.on("message", (raw) => {
      const message = raw as FromGenerator;
      if (message.type === "measuring") watcher.onMeasuring?.(pid);
      else if (message.type === "over") watcher.onOver?.(pid);
      else if (message.type === "progress") watcher.onProgress?.(message.progress);
      else if (message.type === "result") ({ result } = message);
    });
    child.once("error", reject);
    child.once("exit", (code, by) => {
      if (result) resolve(result);
      else reject(new CombotError("INTERNAL", `The load generator ended with ${by ?? code} before it was through.`));
    });
    child.send({ type: "order", order } satisfies ToGenerator);
    const stop = (): void => {
      if (child.connected) child.send({ type: "stop", graceMs: watcher.graceMs } satisfies ToGenerator);
    };
    if (watcher.until?.aborted) stop();
    watcher.until?.addEventListener("abort", stop, { once: true });
  });
}
