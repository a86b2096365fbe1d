import { statfs } from "node:fs/promises";
import { hostname } from "node:os";
import type { Settings } from "../lib/config/settings.ts";
import { ERRORS } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/errors.ts";
import type { Alert } from "../lib/protocol/alerts.ts";
import { Watch } from "./alerts/watch.ts";
import { Webhook } from "./alerts/webhook.ts";
import type { Governance } from "./governance.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Models } from "./operations/models.ts";
import type { AlertReading, AlertThresholds } from "./policy/alerts/reading.ts";

export interface AlertingParts {
  readonly models: Models;
  readonly metrics: Metrics;
  readonly governance: Governance;
  readonly onAlert: (alert: Alert) => void;
}

/** The watch over all of it, with the log, the listeners and the webhook told. */
export function createWatch(settings: Settings, parts: AlertingParts, log: Logger): Watch {
  return new Watch({
    read: () => readFor(settings, parts),
    thresholds: thresholdsOf(settings),
    host: hostname(),
    webhook: createWebhook(settings, log),
    tell: (alert, isReminder) => {
      logAlert(log, alert, isReminder);
      parts.onAlert(alert);
    },
    onFailure: (error) => log.error({ err: error }, "alerts could not be judged"),
  });
}

function createWebhook({ alertWebhookUrl, alertWebhookFormat }: Settings, log: Logger): Webhook | null {
  if (alertWebhookUrl === null) return null;
  return new Webhook({
    url: alertWebhookUrl,
    format: alertWebhookFormat,
    onFailure: (reason, waiting) => log.error({ reason, waiting }, "alerts could not be posted; they wait"),
  });
}

function thresholdsOf({ memory, alerts, modelLoadTimeoutMs }: Settings): AlertThresholds {
  return {
    memoryWarning: memory.warning,
    memoryCritical: memory.critical,
    memoryEmergency: memory.emergency,
    ...alerts,
    loadTimeoutMs: modelLoadTimeoutMs,
  };
}

async function readFor(settings: Settings, { models, metrics, governance }: AlertingParts): Promise<AlertReading> {
  const { pool } = models.current;
  const { requests, errors, recycles } = await metrics.report();
  return {
    atMs: performance.now(),
    memoryUsage: governance.governor.sample?.usage ?? null,
    hold: holdOf(governance),
    recycles: recycles.byReason,
    workersHeld: pool.held !== undefined,
    workersWanted: pool.slots.filter(({ wanted }) => wanted).length,
    workersServing: pool.serving,
    calls: requests,
    failedCalls: failuresOf(errors),
    diskFree: await diskFree(settings.stateDir),
  };
}

/** The last of the two decisions that lead to a hold tells which it was. */
function holdOf({ governor, decisions }: Governance): AlertReading["hold"] {
  if (!governor.held) return null;
  const last = decisions.list({ limit: 1000 }).findLast(({ action }) => action === "hold" || action === "keep one");
  return last?.action === "keep one" ? "not ours" : "hold";
}

/** What a caller did wrong is no reason to wake anybody. */
function failuresOf(errors: Readonly<Record<string, number>>): number {
  const ours = Object.entries(errors).filter(([code]) => ERRORS[code as ErrorCode].http >= 500);
  return ours.reduce((sum, [, count]) => sum + count, 0);
}

async function diskFree(folder: string): Promise<number | null> {
  try {
    const { bavail, blocks } = await statfs(folder);
    return blocks === 0 ? null : bavail / blocks;
  } catch {
    return null; // not made yet
  }
}

function logAlert(log: Logger, { state, summary, help, ...figures }: Alert, isReminder: boolean): void {
  if (state === "resolved") return log.info(figures, `alert resolved: ${figures.alert}`);
  const level = ({ warning: "warn", critical: "error", emergency: "fatal" } as const)[figures.severity];
  log[level]({ ...figures, help }, `alert ${isReminder ? "still firing" : "firing"}: ${summary}`);
}
