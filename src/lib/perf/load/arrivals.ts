import type { Random } from "../../random.ts";

export const ARRIVALS = ["poisson", "even"] as const;
export type Arrivals = (typeof ARRIVALS)[number];

/**
 * The moments at which an open loop is to begin its requests, one after another, in ms from the start. They depend on
 * nothing that the server does.
 */
export function* arrivalTimesMs(kind: Arrivals, perSecond: number, random: Random): Generator<number, never> {
  const meanMs = 1000 / perSecond;
  let atMs = 0;
  for (;;) {
    yield atMs;
    // Between events of a Poisson process lies an exponentially distributed time.
    atMs += kind === "even" ? meanMs : -Math.log(1 - random()) * meanMs;
  }
}
