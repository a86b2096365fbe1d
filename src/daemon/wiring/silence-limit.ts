import type { Settings } from "../../lib/config/settings.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

/** On top of what the slowest call may take: a connection that is silent for longer has nobody at its other end. */
const SILENCE_MS = hangLimitMs(30_000);

type Limits = Pick<Settings, "requestTimeoutMs" | "modelLoadTimeoutMs">;

/** How long a connection may be silent while a reply is due, or is not taken. */
export function silenceLimitOf({ requestTimeoutMs, modelLoadTimeoutMs }: Limits): number {
  return Math.max(requestTimeoutMs, modelLoadTimeoutMs) + SILENCE_MS;
}
