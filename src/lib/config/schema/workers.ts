import { PROFILES, SIZES } from "../profiles.ts";
import type { Setting } from "../setting.ts";
import { durationMs, durationMsOrNever, onOff, oneOf, wholeNumber } from "../value-types.ts";

const LONGEST_LOAD_SECONDS = 3600;

/** Worker processes: how many, when they are replaced, when they load and unload. */
export const WORKER_SETTINGS = {
  COMBOT_PROFILE: {
    type: oneOf(PROFILES),
    default: "t3.large",
    doc: "Size of the machine; auto computes from the cores and memory found.",
  },
  WORKERS: { type: wholeNumber({ min: 1, max: 64 }), sizes: SIZES.workers, doc: "Worker processes." },
  MAX_USERS_PER_PROCESS: {
    type: wholeNumber({ min: 0, max: 1_000_000 }),
    sizes: SIZES.maxUsersPerProcess,
    live: true,
    doc: "Distinct users after which a worker is recycled; 0 = off.",
  },
  MAX_REQUESTS: {
    type: wholeNumber({ min: 0, max: 1_000_000_000 }),
    default: "1000",
    live: true,
    doc: "Classifications after which a worker is recycled, plus a random 0 to MAX_REQUESTS_JITTER; 0 = off.",
  },
  MAX_REQUESTS_JITTER: {
    type: wholeNumber({ min: 0, max: 1_000_000_000 }),
    default: "100",
    live: true,
    doc: "Largest random addition to MAX_REQUESTS, so that workers don't come due together.",
  },
  PROCESS_RECYCLE_INTERVAL: {
    type: durationMs("hours", { min: 0, max: 8760 }),
    default: "4",
    unit: "hours",
    live: true,
    doc: "Uptime after which a worker is recycled, ±10% jitter; 0 = off.",
  },
  PRELOAD: { type: onOff(), default: "true", doc: "Load the model at start rather than at the first request." },
  MODEL_LOAD_TIMEOUT: {
    type: durationMs("seconds", { min: 1, max: LONGEST_LOAD_SECONDS }),
    default: "120",
    stretchesTo: LONGEST_LOAD_SECONDS,
    unit: "seconds",
    live: true,
    doc: "How long a worker may take to load; the default is longer on a slow machine.",
  },
  MODEL_IDLE_UNLOAD: {
    type: durationMsOrNever(604_800),
    default: "300",
    unit: "seconds",
    live: true,
    doc: "Time since a worker's last reply after which it is unloaded; 0 = after every batch, -1 = never.",
  },
} as const satisfies Record<string, Setting>;
