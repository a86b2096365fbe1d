import { cpuUsage } from "node:process";

const LOOK_EVERY_MS = 10_000;
/** Of one core: an idle daemon takes one or two per cent. */
const BUSY_SHARE = 0.05;

export interface AfterBurstsOptions {
  /** What the process took of the CPU so far, in seconds. */
  readonly cpuSeconds?: () => number;
  /** Takes some tens of milliseconds. */
  readonly collect: () => void;
}

/**
 * Has what a start, a burst or a switch of models left collected once, as soon as there is next to nothing to do: V8
 * keeps code, tables and pages that nothing uses until it needs their room, which an idle daemon never does.
 */
export class AfterBursts {
  readonly #cpuSeconds: () => number;
  readonly #collect: () => void;
  #last: number;
  #isDue = true;
  #timer: NodeJS.Timeout | undefined;

  constructor({ cpuSeconds = ownCpuSeconds, collect }: AfterBurstsOptions) {
    this.#cpuSeconds = cpuSeconds;
    this.#collect = collect;
    this.#last = cpuSeconds();
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Called every ten seconds. */
  look(): void {
    const now = this.#cpuSeconds();
    const isBusy = (now - this.#last) * 1000 > BUSY_SHARE * LOOK_EVERY_MS;
    this.#last = now;
    if (isBusy || !this.#isDue) {
      this.#isDue ||= isBusy;
      return;
    }
    this.#isDue = false;
    this.#collect();
    // What it took itself is no burst.
    this.#last = this.#cpuSeconds();
  }
}

function ownCpuSeconds(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1e6;
}
