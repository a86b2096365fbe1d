import type { Client } from "../client.ts";
import type { Action } from "../monitor/mode.ts";
import type { LoadReply, UnloadReply } from "../protocol/model.ts";
import { renderPin } from "../render/models.ts";
import { cameBack } from "../render/words.ts";
import { formatDuration } from "../units.ts";

/** As the daemon calls the model that COMBOT_MODEL_DIR names. */
const DEFAULT = "default";

/** Does it, and tells in one line what came of it. @throws {CombotError} */
export async function performAction(client: Pick<Client, "call">, action: Action, target?: string): Promise<string> {
  if (action === "recycle") {
    const { recycles } = await client.call("recycle", { body: {}, ...WAIT });
    const failed = recycles.find(({ error }) => error !== undefined);
    if (failed) return `recycle: slot ${failed.slot} failed: ${failed.error}`;
    const tookMs = recycles.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0);
    return `recycle: ${recycles.length} workers replaced in ${formatDuration(tookMs)}`;
  }
  if (action === "unload") {
    const { stopped, freedBytes, durationMs } = await unload(client, target);
    return `unload: ${stopped.length} workers ended, ${freed(freedBytes)} in ${formatDuration(durationMs)}`;
  }
  if (action === "load") {
    const { ready, durationMs } = await load(client, target);
    return `load: ${ready.length === 1 ? "a worker serves" : `${ready.length} workers serve`} after ${formatDuration(durationMs)}`;
  }
  if (action === "pin" || action === "unpin") {
    const call = action === "pin" ? "namedPin" : "namedUnpin";
    return renderPin(await client.call(call, { params: { name: target ?? DEFAULT } }));
  }
  const { freedBytes, durationMs } = await client.call("cleanup", { body: { level: "force" } });
  return `cleanup: ${freed(freedBytes)} in ${formatDuration(durationMs)}`;
}

const WAIT = { query: { wait: "true" as const } };

function unload(client: Pick<Client, "call">, name: string | undefined): Promise<UnloadReply> {
  const isDefault = name === undefined || name === DEFAULT;
  return isDefault ? client.call("modelUnload", WAIT) : client.call("namedUnload", { params: { name }, ...WAIT });
}

function load(client: Pick<Client, "call">, name: string | undefined): Promise<LoadReply> {
  const isDefault = name === undefined || name === DEFAULT;
  return isDefault ? client.call("modelLoad", WAIT) : client.call("namedLoad", { params: { name }, ...WAIT });
}

function freed(bytes: number | null): string {
  return `${cameBack(bytes ?? 0)} came back`;
}
