import type { Logger } from "../log/log.ts";

/** Who watches what the daemon does, and has no part in it. */
export const ONLOOKERS = [
  "log",
  "metrics",
  "decisions",
  "cache",
  "texts",
  "shadow",
  "alerts",
  "events",
  "journal",
  "systemd",
] as const;
export type Onlooker = (typeof ONLOOKERS)[number];

const LOG_EVERY_MS = 60_000;

/**
 * Whoever watches is told through here: what it throws ends here, is counted, and told in the log once a minute. What is
 * watched, a worker being replaced or a call being answered, is in the middle of something and must not be left there.
 */
export class Onlookers {
  readonly #log: Pick<Logger, "error">;
  readonly #now: () => number;
  readonly #failures = new Map<Onlooker, number>(ONLOOKERS.map((name) => [name, 0]));
  readonly #loggedAtMs = new Map<Onlooker, number>();

  /** @param now a clock that never goes back, in ms. */
  constructor(log: Pick<Logger, "error">, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  tell(name: Onlooker, act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.failed(name, thrown);
    }
  }

  /** What it says, or `otherwise`. */
  ask<T>(name: Onlooker, act: () => T, otherwise: T): T {
    try {
      return act();
    } catch (thrown) {
      this.failed(name, thrown);
      return otherwise;
    }
  }

  /** For what was caught where it was thrown. */
  failed(name: Onlooker, thrown: unknown): void {
    this.#failures.set(name, this.failuresOf(name) + 1);
    const lastMs = this.#loggedAtMs.get(name) ?? -Infinity;
    if (this.#now() - lastMs < LOG_EVERY_MS) return;
    this.#loggedAtMs.set(name, this.#now());
    try {
      this.#log.error(
        { onlooker: name, failures: this.failuresOf(name), error: framesOf(thrown) },
        "an onlooker failed",
      );
    } catch {
      // Of the log itself nobody can be told.
    }
  }

  failuresOf(name: Onlooker): number {
    return this.#failures.get(name) ?? 0;
  }
}

/** Without the message, which may quote a text. */
function framesOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error)) return [typeof thrown];
  const frames = (thrown.stack ?? "").split("\n").map((line) => line.trim());
  return [thrown.name, ...frames.filter((line) => line.startsWith("at "))];
}
