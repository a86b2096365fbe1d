import type { Answer } from "./remote.ts";
import { type AskLimits, whomToAsk } from "./whom-to-ask.ts";

export type HostAnswer = Extract<Answer, { readonly kind: "answer" }>;

/** What is known of a host; times by a clock that never goes back, in ms. */
export interface WatchedHost {
  readonly host: string;
  /** The last one that it gave. */
  readonly answer: HostAnswer | null;
  readonly answeredAtMs: number | null;
  /** What came of it since, where nothing did. */
  readonly failure: Exclude<Answer, HostAnswer> | null;
  readonly firstAskedAtMs: number | null;
  readonly askedAtMs: number | null;
}

export interface HostsView {
  readonly nowMs: number;
  /** In the order of the file. */
  readonly hosts: readonly WatchedHost[];
}

interface Known extends WatchedHost {
  readonly lastAskedAtMs: number | null;
}

export interface HostsWatchOptions {
  readonly hosts: readonly string[];
  readonly ask: (host: string, signal: AbortSignal) => Promise<Answer>;
  readonly limits: AskLimits;
  readonly now: () => number;
  /** Every quarter of a second. */
  readonly onTick: (view: HostsView) => void;
}

const TICK_MS = 250;

/** Asks hosts again and again, each once at a time, and keeps what they said last. */
export class HostsWatch {
  readonly #options: HostsWatchOptions;
  readonly #known: Map<string, Known>;
  readonly #ended = new AbortController();
  readonly #settled = Promise.withResolvers<HostsView>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HostsWatchOptions) {
    this.#options = options;
    const nothing = { answer: null, answeredAtMs: null, failure: null, firstAskedAtMs: null };
    this.#known = new Map(
      options.hosts.map((host) => [host, { host, ...nothing, askedAtMs: null, lastAskedAtMs: null }]),
    );
  }

  get view(): HostsView {
    return { nowMs: this.#options.now(), hosts: [...this.#known.values()] };
  }

  /** Once each has answered, or has failed to. @throws what `ask` throws. */
  get settled(): Promise<HostsView> {
    return this.#settled.promise;
  }

  start(): void {
    // Who only looks at the screen does not wait for it.
    this.#settled.promise.catch(() => undefined);
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Questions that are under way are given up. */
  stop(): void {
    clearInterval(this.#timer);
    this.#ended.abort();
  }

  #tick(): void {
    this.#askDue();
    this.#options.onTick(this.view);
  }

  #askDue(): void {
    const { now, limits } = this.#options;
    if (this.#ended.signal.aborted) return;
    const states = [...this.#known.values()].map((one) => ({ ...one, isFailing: one.failure !== null }));
    for (const host of whomToAsk(states, now(), limits)) void this.#ask(host);
  }

  async #ask(host: string): Promise<void> {
    const { ask, now } = this.#options;
    const atMs = now();
    this.#note(host, (one) => ({
      ...one,
      askedAtMs: atMs,
      lastAskedAtMs: atMs,
      firstAskedAtMs: one.firstAskedAtMs ?? atMs,
    }));
    try {
      const answer = await ask(host, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      this.#note(host, (one) =>
        answer.kind === "answer"
          ? { ...one, askedAtMs: null, answer, answeredAtMs: now(), failure: null }
          : { ...one, askedAtMs: null, failure: answer },
      );
    } catch (thrown) {
      this.#settled.reject(thrown);
      return;
    }
    if ([...this.#known.values()].every(({ answer, failure }) => answer !== null || failure !== null))
      this.#settled.resolve(this.view);
    this.#askDue();
  }

  #note(host: string, change: (one: Known) => Known): void {
    const one = this.#known.get(host);
    if (one) this.#known.set(host, change(one));
  }
}
