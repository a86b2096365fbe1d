import { tellable } from "./redis-refusals.ts";

export type RedisState = "up" | "down" | "off";

export interface PresenceOptions {
  /** Nobody asked for this Redis: where none has ever answered it is off, and that is no trouble. */
  readonly isAssumed: boolean;
  /** Told when Redis comes or goes, with what was heard last. */
  readonly onTurn: (state: RedisState, detail: string) => void;
}

/** Whether Redis is there, as it is told: once for each time that it comes or goes. */
export class RedisPresence {
  readonly #options: PresenceOptions;
  #isUp = false;
  #everUp = false;
  #isAwayTold = false;
  #lastError: string | null = null;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  get state(): RedisState {
    if (this.#isUp) return "up";
    return this.#options.isAssumed && !this.#everUp ? "off" : "down";
  }

  get lastError(): string | null {
    return this.#lastError;
  }

  heard(error: unknown): void {
    this.#lastError = tellable(error);
    if (!this.#isUp) this.#tellAway();
  }

  came(): void {
    this.#isUp = true;
    this.#everUp = true;
    this.#isAwayTold = false;
    this.#options.onTurn("up", "");
  }

  went(): void {
    this.#isUp = false;
    // At the start nothing is known yet: what is heard first is told.
    if (this.#everUp) this.#tellAway();
  }

  #tellAway(): void {
    if (this.#isAwayTold) return;
    this.#isAwayTold = true;
    this.#options.onTurn(this.state, this.#lastError ?? "it does not answer");
  }
}
