import { z } from "zod";

export const ALERTS = [
  "memory-warning",
  "memory-critical",
  "memory-emergency",
  "memory-hold",
  "pressure-not-ours",
  "memory-recycling",
  "memory-unmeasured",
  "worker-crashes",
  "workers-held",
  "model-down",
  "errors",
  "unsure-share",
  "cache-hit-rate",
  "cache-expired",
  "redis-down",
  "redis-full",
  "database-down",
  "journal-drops",
  "weights-unshared",
  "model-changed",
  "model-failed",
  "model-thrashing",
  "disk",
  "cpu-stolen",
] as const;

export const SEVERITIES = ["warning", "critical", "emergency"] as const;

export const alert = z.object({
  at: z.iso.datetime().describe("when it took this state"),
  alert: z.enum(ALERTS),
  severity: z.enum(SEVERITIES),
  state: z.enum(["firing", "resolved"]),
  measured: z.number().describe("what was measured when it took this state"),
  threshold: z.number(),
  host: z.string(),
  summary: z.string(),
  help: z.string().describe("what to do"),
});

export const alertsReply = z.object({
  firing: z.array(alert).describe("oldest first"),
  resolved: z.array(alert).describe("the last 100 that resolved, oldest first"),
  webhook: z
    .object({ waiting: z.int().min(0), dropped: z.int().min(0), lastError: z.string().nullable() })
    .nullable()
    .describe("alerts that wait to be posted; null without ALERT_WEBHOOK_URL_FILE"),
});

export type AlertName = (typeof ALERTS)[number];
export type Severity = (typeof SEVERITIES)[number];
export type Alert = z.infer<typeof alert>;
export type AlertsReply = z.infer<typeof alertsReply>;
