import type { Alert, AlertName, AlertsReply } from "../../lib/protocol/alerts.ts";
import { judgeAlerts, QUIET } from "../policy/alerts/judge.ts";
import type { AlertState, Verdict } from "../policy/alerts/judge.ts";
import type { AlertReading, AlertThresholds } from "../policy/alerts/reading.ts";
import { ALERT_RULES } from "../policy/alerts/rules.ts";
import type { Webhook } from "./webhook.ts";

export interface WatchOptions {
  readonly read: () => Promise<AlertReading>;
  /** Asked at each step: a reload changes them. */
  readonly thresholds: () => AlertThresholds;
  readonly host: string;
  readonly webhook: Webhook;
  /** Told of each change; `reminder`: it fires all the while. */
  readonly tell: (alert: Alert, isReminder: boolean) => void;
  readonly onFailure: (error: unknown) => void;
}

const TICK_MS = 1000;
const RESOLVED_KEPT = 100;

/** Owns what fires: reads once a second, asks policy, and tells everybody of each change. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #firing = new Map<AlertName, Alert>();
  readonly #resolved: Alert[] = [];
  #state: AlertState = QUIET;
  #reading: AlertReading | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticking = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  start(): void {
    void this.tick();
    this.#timer = setInterval(() => void this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#options.webhook.close();
  }

  get firing(): ReadonlySet<AlertName> {
    return new Set(this.#firing.keys());
  }

  /** What was judged last; undefined before the first step. */
  get reading(): AlertReading | undefined {
    return this.#reading;
  }

  get thresholds(): AlertThresholds {
    return this.#options.thresholds();
  }

  report(): AlertsReply {
    const webhook = this.#options.webhook.state;
    return { firing: [...this.#firing.values()], resolved: [...this.#resolved], webhook };
  }

  /** One step; steps don't overlap. */
  async tick(): Promise<void> {
    if (this.#ticking) return;
    this.#ticking = true;
    try {
      const reading = await this.#options.read();
      const { state, verdicts } = judgeAlerts(this.#state, reading, this.#options.thresholds());
      this.#reading = reading;
      this.#state = state;
      for (const verdict of verdicts) this.#pass(verdict);
    } catch (error) {
      this.#options.onFailure(error);
    } finally {
      this.#ticking = false;
    }
  }

  #pass(verdict: Verdict): void {
    const alert = this.#alertOf(verdict);
    if (verdict.change === "resolved") {
      this.#firing.delete(alert.alert);
      this.#resolved.push(alert);
      if (this.#resolved.length > RESOLVED_KEPT) this.#resolved.shift();
    } else if (verdict.change === "fired") this.#firing.set(alert.alert, alert);
    this.#safely(() => this.#options.tell(alert, verdict.change === "reminder"));
    this.#safely(() => this.#options.webhook.push(alert));
  }

  /** What one is told of must reach the others, and the alerts judged with it, whatever comes of it. */
  #safely(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  #alertOf({ alert, change, measured, threshold }: Verdict): Alert {
    const { severity, summary, help } = ALERT_RULES[alert];
    const state = change === "resolved" ? "resolved" : "firing";
    const { host } = this.#options;
    return { at: new Date().toISOString(), alert, severity, state, measured, threshold, host, summary, help };
  }
}
