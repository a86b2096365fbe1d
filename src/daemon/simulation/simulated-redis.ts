/** What daemons keep answers in beside their memory. Texts are told by their ranks; one below 0 is like no other. */
export interface SimulatedRedis {
  /** What the last command waited for its turn, in ms. */
  readonly waitMs: number;
  /** @returns until when the answer is kept, in ms; 0 where there is none. */
  read(rank: number): number;
  write(rank: number, untilMs: number): void;
}

/** One that nobody else asks: it keeps all until it is too old, and nobody waits. */
export class LoneRedis implements SimulatedRedis {
  readonly waitMs = 0;
  readonly #until = new Map<number, number>();

  read(rank: number): number {
    return this.#until.get(rank) ?? 0;
  }

  write(rank: number, untilMs: number): void {
    if (rank >= 0) this.#until.set(rank, untilMs);
  }
}
