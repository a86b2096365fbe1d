import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../log/log.ts";

/** It holds texts and secrets: nobody else may read it. */
const OWNER_ALONE = 0o077;

/** On SIGUSR2 the heap is written into the folder. Nothing else is done meanwhile, for as long as that takes. */
export function writeHeapOnSignal(folder: string, log: Logger): void {
  process.on("SIGUSR2", () => {
    const path = join(folder, `heap-${new Date().toISOString().replaceAll(":", "-")}.heapsnapshot`);
    const umask = process.umask(OWNER_ALONE);
    try {
      const from = performance.now();
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      writeHeapSnapshot(path);
      const durationMs = Math.round(performance.now() - from);
      log.warn({ path, durationMs }, "heap snapshot written; it holds texts and secrets: remove it when done");
    } catch (error) {
      log.error({ path, reason: messageOf(error) }, "the heap snapshot could not be written");
    } finally {
      process.umask(umask);
    }
  });
}
