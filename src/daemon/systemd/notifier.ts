import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { messageOf } from "../../lib/errors.ts";
import { shortageOf } from "../../lib/shortage.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

/** What systemd told this process of itself (sd_notify(3), sd_watchdog_enabled(3)). */
export interface UnitEnvironment {
  /** Where to send notifications; undefined where nobody wants any. */
  readonly socket: string | undefined;
  /** How long systemd waits between two signs of life; undefined where it doesn't. */
  readonly watchdogMs: number | undefined;
}

export interface NotifierOptions {
  readonly socket: string;
  /** Told when notifications no longer arrive, with why. */
  readonly onFailure: (detail: string) => void;
}

/** systemd-notify itself waits 5 s for PID 1. */
const SEND_LIMIT_MS = hangLimitMs(10_000);

/**
 * Takes its variables out of `env`, so that no child speaks for the daemon.
 *
 * @param pid of this process: a watchdog for another one is an ancestor's.
 */
export function takeUnitEnvironment(env: NodeJS.ProcessEnv, pid: number): UnitEnvironment {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env;
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete env[name];
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid;
  const watchdogMs = Number(WATCHDOG_USEC) / 1000;
  return {
    socket: NOTIFY_SOCKET || undefined,
    watchdogMs: isOurs && watchdogMs > 0 ? watchdogMs : undefined,
  };
}

/**
 * Tells systemd how the daemon is, through systemd-notify, since Node has no datagram sockets. It ends only when PID 1
 * has read the message: one whose sender has gone by then is thrown away. The unit needs NotifyAccess=all.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #isFailing = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** A message is on its way. */
  get busy(): boolean {
    return this.#pending > 0;
  }

  /**
   * Sends one message, after those before it.
   *
   * @param assignments `READY=1`, `STATUS=…`, without line breaks. @returns whether it has arrived.
   */
  tell(...assignments: readonly string[]): Promise<boolean> {
    this.#pending += 1;
    const sent = this.#last.then(() => this.#send(assignments)).finally(() => (this.#pending -= 1));
    this.#last = sent;
    return sent;
  }

  async #send(assignments: readonly string[]): Promise<boolean> {
    const { socket, onFailure } = this.#options;
    const env = { PATH: process.env["PATH"], NOTIFY_SOCKET: socket };
    try {
      await promisify(execFile)("systemd-notify", [...assignments], { env, timeout: SEND_LIMIT_MS });
      this.#isFailing = false;
      return true;
    } catch (error) {
      if (!this.#isFailing) onFailure(shortageOf(error) ?? messageOf(error).trim());
      this.#isFailing = true;
      return false;
    }
  }
}
