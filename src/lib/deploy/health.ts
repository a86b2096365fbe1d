import { setTimeout as delay } from "node:timers/promises";
import { Client } from "../client.ts";
import { CombotError, messageOf } from "../errors.ts";
import { PATHS } from "./paths.ts";
import { SERVICE } from "../unit-names.ts";
import { lastLogLines, unitStates } from "./systemd.ts";

const EVERY_MS = 250;
const CALL_MS = 5000;
const SMOKE_MS = 30_000;
const SMOKE_TEXT = "Where is my parcel?";
const SOCKETS = { path: `${PATHS.run}/combot.sock`, controlPath: `${PATHS.run}/control.sock` };

/** Waits until the daemon can answer classifications. @throws {CombotError} `DEPLOY_FAILED` with its last log lines. */
export async function waitHealthy(limitMs: number): Promise<void> {
  const client = new Client(SOCKETS);
  const deadline = performance.now() + limitMs;
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
      const state = (await unitStates([SERVICE]))[SERVICE]?.active;
      if (state === "failed") throw await unhealthy(`${SERVICE} has failed`);
      if (performance.now() > deadline)
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
