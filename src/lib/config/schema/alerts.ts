import type { Setting } from "../setting.ts";
import { webhookUrl } from "../store-types.ts";
import { durationMs, oneOf, ratio, wholeNumber } from "../value-types.ts";

export const WEBHOOK_FORMATS = ["json", "slack"] as const;

/** From where alerts fire, and whom they are told. The levels of memory are those of the ladder. */
export const ALERT_SETTINGS = {
  ALERT_WEBHOOK_URL: {
    type: webhookUrl(),
    unset: "none",
    secret: "webhook",
    file: "only",
    live: true,
    doc: "File with the URL that alerts are posted to.",
  },
  ALERT_WEBHOOK_FORMAT: {
    type: oneOf(WEBHOOK_FORMATS),
    default: "json",
    live: true,
    doc: "What is posted: an object of the alert's fields, or a text as Slack takes it.",
  },
  ALERT_ERROR_RATE: {
    type: ratio(),
    default: "0.05",
    unit: "ratio",
    live: true,
    doc: "Failed share of the calls of 5 minutes, from 50 calls on, at which the alert fires.",
  },
  ALERT_DRIFT: {
    type: wholeNumber({ min: 1, max: 100 }),
    default: "4",
    live: true,
    doc: "How many times its own noise the share of answers that are not accepted may be off its baseline before the alert fires.",
  },
  ALERT_CRASHES: {
    type: wholeNumber({ min: 1, max: 1000 }),
    default: "3",
    live: true,
    doc: "Workers that crash or hang within ALERT_WINDOW before the alert fires.",
  },
  ALERT_WINDOW: {
    type: durationMs("seconds", { min: 5, max: 3600 }),
    default: "600",
    unit: "seconds",
    live: true,
    doc: "How far back crashes, recycles for memory and lost events of the journal are counted.",
  },
  ALERT_HIT_RATE: {
    type: ratio(),
    default: "0.70",
    unit: "ratio",
    live: true,
    doc: "Share of the lookups in ALERT_CACHE_WINDOW, from 500 on, that the cache must answer.",
  },
  ALERT_EXPIRED: {
    type: ratio(),
    default: "0.50",
    unit: "ratio",
    live: true,
    doc: "Expired share of the lookups in ALERT_CACHE_WINDOW that found a key, from 100 on, at which the alert fires.",
  },
  ALERT_CACHE_WINDOW: {
    type: durationMs("seconds", { min: 5, max: 3600 }),
    default: "300",
    unit: "seconds",
    live: true,
    doc: "How far back the cache is judged, and how long it must have been bad; longer where calls are few.",
  },
  ALERT_REDIS_MEMORY: {
    type: ratio(),
    default: "0.80",
    unit: "ratio",
    live: true,
    doc: "Share of Redis's maxmemory in use at which the alert fires, if Redis drops entries as well.",
  },
  ALERT_DISK_FREE: {
    type: ratio(),
    default: "0.10",
    unit: "ratio",
    live: true,
    doc: "Free share of the disk that holds COMBOT_STATE_DIR below which the alert fires.",
  },
  ALERT_AFTER: {
    type: durationMs("seconds", { min: 0, max: 3600 }),
    default: "30",
    unit: "seconds",
    live: true,
    doc: "How long memory must be at warning (critical: 10 at most), Redis or the database away, the disk full, before the alert fires.",
  },
} as const satisfies Record<string, Setting>;
