import { CLASSIFICATION_PREFIX } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";
import { withDeadline } from "./deadline.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

export interface RenewalOptions {
  /** Asks anew where Redis is and what its password is. */
  readonly open: () => Promise<RedisClient>;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** Whether the one there is still answers reads: then another one has to take writes to be any better. */
  readonly isUsable: () => boolean;
  readonly adopt: (client: RedisClient) => void;
  readonly onFailure: (error: unknown) => void;
}

const READY_LIMIT_MS = hangLimitMs(2500);
const TRY_LIMIT_MS = hangLimitMs(500);
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Where combot may write whatever else its login may not; gone at once, so that nobody counts it. */
export const PROBE_KEY = `${CLASSIFICATION_PREFIX}probe`;
const PROBE_TTL_MS = 1;

/**
 * Makes a second connection where the first one is told that it is in the wrong place, and takes it only where it is
 * better: a replica that somebody chose goes on being read meanwhile. Tried again after a pause that grows to half a
 * minute, for as long as somebody asks for it.
 */
export class Renewal {
  readonly #options: RenewalOptions;
  #pauseMs = FIRST_PAUSE_MS;
  #notBeforeMs = -Infinity;
  #isTrying = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /** Something was written: all is well. */
  settle(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  want(): void {
    const nowMs = this.#options.now();
    if (this.#isTrying || nowMs < this.#notBeforeMs) return;
    this.#notBeforeMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    void this.#try();
  }

  async #try(): Promise<void> {
    this.#isTrying = true;
    let client: RedisClient | undefined;
    try {
      client = await this.#options.open();
      await becomeReady(client);
      if (this.#options.isUsable()) await tryWrite(client);
      this.#options.adopt(client);
    } catch (error) {
      client?.close();
      this.#options.onFailure(error);
    } finally {
      this.#isTrying = false;
    }
  }
}

/** @throws what Redis says. */
export async function tryWrite({ commands }: RedisClient): Promise<void> {
  await withDeadline(commands.set(PROBE_KEY, "1", "PX", PROBE_TTL_MS), TRY_LIMIT_MS);
}

/** @throws what kept it from being ready. */
function becomeReady(client: RedisClient): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    client.onReady(resolve);
    client.onError(reject);
    if (client.isReady) resolve();
  });
  return withDeadline(ready, READY_LIMIT_MS);
}
