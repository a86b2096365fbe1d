import { hangLimitMs } from "../../lib/slowness.ts";
import type { Notifier } from "./notifier.ts";

/** How the daemon is, for STATUS=. */
export interface UnitState {
  /** What is told at once when it changes. */
  readonly state: string;
  /** What is told with the next sign of life. */
  readonly figures: string;
}

export interface UnitOptions {
  readonly notifier: Pick<Notifier, "tell" | "busy">;
  readonly watchdogMs: number | undefined;
  /** By how much everything takes longer here than the unit allows for; 1 and more. */
  readonly slowness: number;
  readonly describe: () => UnitState;
  /** CLOCK_MONOTONIC, in µs. */
  readonly monotonicUsec: () => bigint;
}

/** A sign of life is due this often, or twice in the time that the watchdog waits. */
const SIGN_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 1000;
/** TimeoutStartSec and TimeoutStopSec of the unit. */
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 35_000;
const NOTHING_TOLD = { state: "", text: "" };

/** The daemon as a unit of systemd: readiness, reloads, status and signs of life, for as long as the loop turns. */
export class Unit {
  readonly #options: UnitOptions;
  readonly #signEveryMs: number;
  readonly #lookEveryMs: number;
  #sinceSignMs = 0;
  #remark = "";
  #told = NOTHING_TOLD;
  /** What did not arrive and systemd goes by: it is told with each look, until it does. */
  #owed: readonly string[] = [];

  constructor(options: UnitOptions) {
    this.#options = options;
    this.#signEveryMs = Math.min(SIGN_EVERY_MS, (options.watchdogMs ?? Infinity) / 2);
    this.#lookEveryMs = Math.min(LOOK_EVERY_MS, this.#signEveryMs / 2);
  }

  /** The program runs, and has yet to start. */
  static async starting({ notifier, slowness }: Pick<UnitOptions, "notifier" | "slowness">): Promise<void> {
    if (slowness > 1) await notifier.tell(extension(START_LIMIT_MS, slowness));
  }

  /** The sockets answer. Signs of life begin; resolves when systemd knows. */
  async ready(): Promise<void> {
    setInterval(() => this.#look(), this.#lookEveryMs);
    await this.#tell("READY=1", ...this.#patience());
  }

  /**
   * Signs of life go on: the drain has a limit of its own.
   *
   * @param delayMs until it begins.
   */
  async stopping(delayMs: number): Promise<void> {
    const { notifier, slowness } = this.#options;
    const more = slowness > 1 || delayMs > 0 ? [extension(STOP_LIMIT_MS, slowness, delayMs)] : [];
    await notifier.tell("STOPPING=1", ...more, "STATUS=finishing what was admitted");
  }

  /** @param reload says what is worth a remark in STATUS until the next reload; "" where nothing is. */
  async reloading(reload: () => string): Promise<void> {
    const { notifier, monotonicUsec } = this.#options;
    await notifier.tell("RELOADING=1", `MONOTONIC_USEC=${monotonicUsec()}`);
    this.#remark = reload();
    await this.#tell("READY=1");
  }

  /** The unit's file is the same on every machine: on a slow one the watchdog is told to wait longer (sd_notify(3)). */
  #patience(): string[] {
    const { watchdogMs, slowness } = this.#options;
    return watchdogMs === undefined || slowness <= 1
      ? []
      : [`WATCHDOG_USEC=${hangLimitMs(watchdogMs, slowness) * 1000}`];
  }

  #look(): void {
    this.#sinceSignMs += this.#lookEveryMs;
    const { describe, notifier, watchdogMs } = this.#options;
    const isDue = this.#sinceSignMs >= this.#signEveryMs;
    if (notifier.busy || (!isDue && describe().state === this.#told.state)) return;
    const isNews = this.#owed.length > 0 || this.#text() !== this.#told.text;
    if (isDue && watchdogMs === undefined && !isNews) return;
    void this.#tell();
  }

  async #tell(...assignments: readonly string[]): Promise<void> {
    const { describe, notifier, watchdogMs } = this.#options;
    this.#sinceSignMs = 0;
    this.#told = { state: describe().state, text: this.#text() };
    const owed = [...new Set([...this.#owed, ...assignments])];
    const life = watchdogMs === undefined ? [] : ["WATCHDOG=1"];
    const hasArrived = await notifier.tell(...owed, ...life, `STATUS=${this.#told.text}`);
    this.#owed = hasArrived ? [] : owed;
    if (hasArrived) return;
    // There was no process to tell it with, perhaps: it is due with the next look, and not only with the next sign.
    this.#told = NOTHING_TOLD;
    this.#sinceSignMs = this.#signEveryMs;
  }

  #text(): string {
    const { state, figures } = this.#options.describe();
    return [state, figures, this.#remark].filter(Boolean).join(", ").replaceAll(/\s+/g, " ");
  }
}

/** What the unit's own limit is taken to be on a slow machine, or where its work begins later. */
function extension(limitMs: number, slowness: number, delayMs = 0): string {
  return `EXTEND_TIMEOUT_USEC=${(hangLimitMs(limitMs, slowness) + delayMs) * 1000}`;
}
