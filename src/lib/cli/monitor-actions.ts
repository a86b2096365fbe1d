import type { Client } from "../client.ts";
import type { Action } from "../monitor/mode.ts";
import { cameBack } from "../render/words.ts";
import { formatDuration } from "../units.ts";

/** Does it, and tells in one line what came of it. @throws {CombotError} */
export async function performAction(client: Pick<Client, "call">, action: Action): Promise<string> {
  const wait = { query: { wait: "true" as const } };
  if (action === "recycle") {
    const { recycles } = await client.call("recycle", { body: {}, ...wait });
    const failed = recycles.find(({ error }) => error !== undefined);
    if (failed) return `recycle: slot ${failed.slot} failed: ${failed.error}`;
    const tookMs = recycles.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0);
    return `recycle: ${recycles.length} workers replaced in ${formatDuration(tookMs)}`;
  }
  if (action === "unload") {
    const { stopped, freedBytes, durationMs } = await client.call("modelUnload", wait);
    return `unload: ${stopped.length} workers ended, ${freed(freedBytes)} in ${formatDuration(durationMs)}`;
  }
  const { freedBytes, durationMs } = await client.call("cleanup", { body: { level: "force" } });
  return `cleanup: ${freed(freedBytes)} in ${formatDuration(durationMs)}`;
}

function freed(bytes: number | null): string {
  return `${cameBack(bytes ?? 0)} came back`;
}
