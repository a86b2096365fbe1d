import { setTimeout as delay } from "node:timers/promises";

/** As a shell reports a process that died of the signal. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_BY_SIGNAL;
const SIGNALS = Object.keys(EXIT_BY_SIGNAL) as StopSignal[];

/**
 * The orderly end of a run over hosts. The first Ctrl-C lets what has begun come to its end; the second leaves it to the
 * hosts, whose deploys go on by themselves.
 */
export class HostsStop {
  readonly #abort = new AbortController();
  readonly #onStop: (isFirst: boolean) => void;
  readonly #heard = (signal: StopSignal): void => this.#hear(signal);
  /** Status to end with, once somebody has asked for it. */
  exit: number | null = null;

  /** @param onStop told of each signal. */
  constructor(onStop: (isFirst: boolean) => void) {
    this.#onStop = onStop;
    for (const signal of SIGNALS) process.on(signal, this.#heard);
  }

  get isAsked(): boolean {
    return this.exit !== null;
  }

  /** So long, or until somebody asks for the end. */
  async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  /** Signals are the command's own again. */
  release(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#heard);
  }

  #hear(signal: StopSignal): void {
    const isFirst = this.exit === null;
    this.#onStop(isFirst);
    if (!isFirst) process.exit(this.exit ?? EXIT_BY_SIGNAL[signal]);
    this.exit = EXIT_BY_SIGNAL[signal];
    this.#abort.abort();
  }
}
