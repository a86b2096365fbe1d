import { z } from "zod";
import { CombotError } from "../errors.ts";
import { daemonEvent } from "../protocol/events.ts";
import type { DaemonEvent } from "../protocol/events.ts";

/** One event as zod sees it. @throws {CombotError} `REPLY_INVALID` with what does not fit. */
export function readEvent(value: { readonly event: string }): DaemonEvent {
  const parsed = daemonEvent.safeParse(value, { jitless: true });
  if (parsed.success) return parsed.data;
  const told = z.prettifyError(parsed.error).replaceAll(/\s+/g, " ");
  throw new CombotError("REPLY_INVALID", `event ${value.event}: ${told}`);
}
