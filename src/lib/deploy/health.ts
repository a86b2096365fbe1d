import { setTimeout as delay } from "node:timers/promises";
import { Client, type Sockets } from "../client.ts";
import { CombotError, messageOf } from "../errors.ts";
import type { Health } from "../protocol/health.ts";
import { LOADING } from "../protocol/health-words.ts";
import { PATHS } from "./paths.ts";
import { SERVICE } from "../unit-names.ts";
import { lastLogLines, unitStates } from "./systemd.ts";
import { hangLimitMs } from "../slowness.ts";

const EVERY_MS = 250;
export const CALL_MS = hangLimitMs(5000);
const SMOKE_MS = hangLimitMs(30_000);
const SMOKE_TEXT = "Where is my parcel?";
export const SOCKETS = { path: `${PATHS.run}/combot.sock`, controlPath: `${PATHS.run}/control.sock` };

/**
 * Waits until the daemon can answer classifications. While it says that it loads the model it is waited for: the first
 * trial of a large one takes several loads, each of which the daemon itself ends at MODEL_LOAD_TIMEOUT.
 *
 * @param limitMs of anything else. @param onWait told what is waited for, again and again.
 * @throws {CombotError} `DEPLOY_FAILED` with its last log lines.
 */
export async function waitHealthy(
  limitMs: number,
  onWait: (found: string) => void,
  sockets: Sockets = SOCKETS,
): Promise<void> {
  const client = new Client(sockets);
  let deadline = performance.now() + limitMs;
  let found = "no answer";
  try {
    for (;;) {
      const health = await client
        .call("health", { timeoutMs: CALL_MS, absenceMs: 0 })
        .catch((error: unknown) => messageOf(error));
      if (typeof health === "object" && health.status !== "unhealthy") return;
      found =
        typeof health === "string"
          ? health
          : Object.entries(health.checks)
              .map(([name, { status, detail }]) => `${name} ${status} ${detail}`)
              .join("; ");
      onWait(found);
      const state = (await unitStates([SERVICE]))[SERVICE]?.active;
      if (state === "failed") throw await unhealthy(`${SERVICE} has failed`);
      if (typeof health === "object" && health.checks.model.detail.startsWith(LOADING))
        deadline = performance.now() + limitMs;
      else if (performance.now() > deadline)
        throw await unhealthy(`after ${Math.round(limitMs / 1000)} s it is not healthy: ${found}`);
      await delay(EVERY_MS);
    }
  } finally {
    client.close();
  }
}

async function unhealthy(detail: string): Promise<CombotError> {
  return new CombotError("DEPLOY_FAILED", detail, { faults: (await lastLogLines(SERVICE)).split("\n") });
}

export type HealthWord = Health["status"];

/** What the daemon says of itself at this moment; null where it does not answer. */
export async function askHealth(): Promise<HealthWord | null> {
  const client = new Client(SOCKETS);
  try {
    return (await client.call("health", { timeoutMs: CALL_MS, absenceMs: 0 })).status;
  } catch {
    return null;
  } finally {
    client.close();
  }
}

/** One classification, as a user of the socket asks for it. */
export async function smokeTest(): Promise<void> {
  const client = new Client(SOCKETS);
  try {
    await client.call("classify", { body: { text: SMOKE_TEXT }, timeoutMs: SMOKE_MS });
  } catch (error) {
    throw await unhealthy(`a text could not be classified: ${messageOf(error)}`);
  } finally {
    client.close();
  }
}
