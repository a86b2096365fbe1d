/** A model whose texts wait, with a worker that could take a batch now. */
export interface Contender {
  /** How long its oldest text has waited, in ms. */
  readonly waitedMs: number;
  /** How long a text may wait, in ms. */
  readonly deadlineMs: number;
  /** What its batches have had of the processors lately, in ms: see `decayed`. */
  readonly servedMs: number;
}

/** From this share of its deadline on, a text's age alone decides. */
const URGENT_SHARE = 0.5;

/**
 * Models that had about as much count as having had the same: what one batch makes of a difference would else pass over
 * the text that has waited longest, again and again where one call asks several models.
 */
const EVEN_SHARE = 0.25;

/** What was had this long ago counts half. */
const HALF_LIFE_MS = 2000;

/**
 * The model that the next batch is of. As long as nobody's deadline is near, the one that has had least of the
 * processors lately, so that a busy model's line is no other one's to stand in; then whichever has waited longest in
 * share of its deadline. A model that waits is had least of, or urgent, before long: none can starve.
 *
 * @returns its place, or undefined where nobody contends.
 */
export function nextModel(contenders: readonly Contender[]): number | undefined {
  let best: number | undefined;
  for (let at = 0; at < contenders.length; at++)
    if (best === undefined || goesFirst(contenders[at]!, contenders[best]!)) best = at;
  return best;
}

function goesFirst(one: Contender, other: Contender): boolean {
  const [a, b] = [shareOf(one), shareOf(other)];
  if (Math.max(a, b) < URGENT_SHARE && !isEven(one.servedMs, other.servedMs)) return one.servedMs < other.servedMs;
  return a > b;
}

function isEven(one: number, other: number): boolean {
  return Math.abs(one - other) <= EVEN_SHARE * Math.max(one, other);
}

function shareOf({ waitedMs, deadlineMs }: Contender): number {
  return waitedMs / deadlineMs;
}

/** What is left of `servedMs` after so long. */
export function decayed(servedMs: number, elapsedMs: number): number {
  return servedMs * 0.5 ** (elapsedMs / HALF_LIFE_MS);
}

/**
 * Whether one more worker may be given a batch. Beyond that, a model that has the processors to itself may have batches
 * that wait in its workers, of which each runs one at a time.
 *
 * @param busy workers of all models that run a batch. @param cores batches that may run at a time.
 */
export function mayRun(busy: number, cores: number): boolean {
  return busy < cores;
}

/** Of what the one has had that has had most lately: a model that has had less is asked seldom. */
const SELDOM_SHARE = 0.25;

/**
 * Whether a model that is asked seldom may have a batch beside those that may run, one such batch at a time: it would
 * stand behind batches that take many times as long as its own text, and what it takes of the processors is little.
 *
 * @param served of the model, in ms. @param most of the one that has had most.
 */
export function mayRunBeside(busy: number, cores: number, served: number, most: number): boolean {
  return busy === cores && served < most * SELDOM_SHARE;
}
