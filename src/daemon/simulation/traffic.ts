import type { PlanTraffic } from "../../lib/protocol/plan.ts";

export interface Arrival {
  readonly atMs: number;
  readonly user: number;
  /** Which text; −1 is like no other. */
  readonly rank: number;
  readonly tokens: number;
}

/** Whoever asks, one after another. */
export interface Traffic {
  /** Undefined where nobody does any more. */
  next(): Arrival | undefined;
}

const MINUTE_MS = 60_000;

/**
 * Independent users: a Poisson process whose rate is another one from minute to minute, and is drawn anew where a minute
 * ends, which such a process does not remember. Users are equally busy; texts are drawn by Zipf's law.
 */
export class PoissonTraffic implements Traffic {
  readonly #traffic: PlanTraffic;
  readonly #tokens: readonly number[];
  readonly #random: () => number;
  readonly #drawText: () => number;
  #atMs: number;

  /** @param fromMs into the day. */
  constructor(traffic: PlanTraffic, tokens: readonly number[], random: () => number) {
    this.#traffic = traffic;
    this.#tokens = tokens;
    this.#random = random;
    this.#drawText = zipfByAlias(tokens.length, random);
    this.#atMs = 0;
  }

  next(): Arrival | undefined {
    const { minutes, users, unique } = this.#traffic;
    if (!minutes.some((rate) => rate > 0)) return undefined;
    for (;;) {
      const minute = Math.floor(this.#atMs / MINUTE_MS);
      const perMs = (minutes[minute % minutes.length] ?? 0) / 1000;
      const end = (minute + 1) * MINUTE_MS;
      const nextMs = perMs > 0 ? this.#atMs - Math.log(1 - this.#random()) / perMs : Infinity;
      if (nextMs < end) {
        this.#atMs = nextMs;
        break;
      }
      this.#atMs = end;
    }
    const text = this.#drawText();
    const user = Math.floor(this.#random() * users);
    return { atMs: this.#atMs, user, rank: unique ? -1 : text, tokens: this.#tokens[text] ?? 1 };
  }
}

/**
 * Zipf's law with exponent 1 in constant time, which a day of millions needs: the alias method (M. D. Vose, A linear
 * algorithm for generating random numbers with a given distribution, IEEE Transactions on Software Engineering 17, 1991).
 */
export function zipfByAlias(count: number, random: () => number): () => number {
  const sum = Array.from({ length: count }, (_, rank) => 1 / (rank + 1)).reduce((all, one) => all + one, 0);
  const share = Float64Array.from({ length: count }, (_, rank) => count / (rank + 1) / sum);
  const alias = new Int32Array(count);
  const small: number[] = [];
  const large: number[] = [];
  share.forEach((one, rank) => (one < 1 ? small : large).push(rank));
  while (small.length > 0 && large.length > 0) {
    const less = small.pop()!;
    const more = large.at(-1)!;
    alias[less] = more;
    const left = share[more]! - (1 - share[less]!);
    share[more] = left;
    if (left < 1) small.push(large.pop()!);
  }
  for (const rank of [...small, ...large]) share[rank] = 1;
  return () => {
    const rank = Math.floor(random() * count);
    return random() < share[rank]! ? rank : alias[rank]!;
  };
}
