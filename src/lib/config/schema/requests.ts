import type { Setting } from "../setting.ts";
import { durationMs, wholeNumber } from "../value-types.ts";

/** What one request may take. */
export const REQUEST_SETTINGS = {
  REQUEST_TIMEOUT: {
    type: durationMs("seconds", { min: 0.1, max: 3600 }),
    default: "30",
    unit: "seconds",
    live: true,
    doc: "How long a request may take, queueing included; then 504.",
  },
  QUEUE_MAX_TEXTS: {
    type: wholeNumber({ min: 1, max: 1_000_000 }),
    default: "1000",
    unit: "texts",
    live: true,
    doc: "Texts waiting before 503. A call is admitted whole, so below 256 the largest calls never are.",
  },
  KEEPALIVE: {
    // 0 is refused: Node reads a keepAliveTimeout of 0 as "for ever", others as "not at all".
    type: durationMs("seconds", { min: 0.1, max: 3600 }),
    default: "2",
    unit: "seconds",
    live: true,
    doc: "How long an idle HTTP connection is kept.",
  },
} as const satisfies Record<string, Setting>;
