import { join } from "node:path";
import type { PrepareMessage } from "../../lib/protocol/worker-channel.ts";
import { WorkerProcess } from "./worker-process.ts";

/**
 * Prepares a model's weights in a process that ends with it: what the optimiser took is back for certain.
 *
 * @throws {WorkerFailedError | WorkerEndedError} with the runtime's reason, or the time that ran out.
 */
export async function prepareInChild(
  model: Omit<PrepareMessage, "type" | "preparedPath" | "weightsName">,
  folder: string,
  files: { readonly model: string; readonly weights: string },
  timeoutMs: number,
): Promise<void> {
  const child = new WorkerProcess();
  const late = setTimeout(() => child.signal("SIGKILL", `not prepared within ${timeoutMs / 1000} s`), timeoutMs);
  try {
    await child.prepare({ ...model, preparedPath: join(folder, files.model), weightsName: files.weights });
  } finally {
    clearTimeout(late);
    child.end();
    await child.ended;
  }
}
