import type { Random } from "../../random.ts";

export const ARRIVALS = ["poisson", "even"] as const;
export type Arrivals = (typeof ARRIVALS)[number];

/** A stretch over which the rate goes evenly from one to another. */
export interface RatePiece {
  readonly seconds: number;
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
}

/**
 * The moments at which an open loop is to begin its requests, one after another, in ms from the start. They depend on
 * nothing that the server does.
 */
export function* arrivalTimesMs(kind: Arrivals, perSecond: number, random: Random): Generator<number, never> {
  const meanMs = 1000 / perSecond;
  let atMs = 0;
  for (;;) {
    yield atMs;
    atMs += stepOf(kind, random) * meanMs;
  }
}

/**
 * The same where the rate changes, until the last stretch is over. A Poisson process of a changing rate is one of rate 1 on
 * a clock that runs as fast as the rate (Çinlar, Introduction to Stochastic Processes, 4.7): each moment is where the
 * rate's integral has come to the next sum of steps.
 */
export function* profileTimesMs(
  kind: Arrivals,
  profile: readonly RatePiece[],
  random: Random,
): Generator<number, undefined> {
  let fromSeconds = 0;
  // How much of the integral is still to come until the next one: the first of an even stream is half a step in.
  let wanted = kind === "even" ? 0.5 : stepOf(kind, random);
  for (const piece of profile) {
    const whole = ((piece.fromPerSecond + piece.toPerSecond) / 2) * piece.seconds;
    let done = 0;
    while (done + wanted <= whole) {
      done += wanted;
      yield 1000 * (fromSeconds + secondsUntil(piece, done));
      wanted = stepOf(kind, random);
    }
    wanted -= whole - done;
    fromSeconds += piece.seconds;
  }
}

/** Between events of a Poisson process lies an exponentially distributed time. */
function stepOf(kind: Arrivals, random: Random): number {
  return kind === "even" ? 1 : -Math.log(1 - random());
}

/** When the integral of the rate has come so far: the root of a quadratic, in the form that loses no figures. */
function secondsUntil({ seconds, fromPerSecond, toPerSecond }: RatePiece, integral: number): number {
  const slope = (toPerSecond - fromPerSecond) / seconds;
  const root = Math.sqrt(Math.max(0, fromPerSecond ** 2 + 2 * slope * integral));
  return Math.min(seconds, (2 * integral) / (fromPerSecond + root));
}
