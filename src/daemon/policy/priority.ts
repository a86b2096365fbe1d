import type { Priority } from "../../lib/priorities.ts";

/** What waits, as far as the choice between the two goes. */
export interface Standing {
  readonly interactive: number;
  readonly batch: number;
  /** How long the oldest batch text has waited, in ms; 0 where none waits. */
  readonly batchWaitedMs: number;
  /** Worker batches of interactive texts since the last one of batch texts. */
  readonly passedOver: number;
}

/** Of a call's allowance: a batch text that has waited for so much of it has aged, and may be passed over no more than this. */
const AGED_SHARE = 0.25;
const PASSED_OVER = 7;

/** When a batch text has aged. @param deadlineMs the allowance of a call. */
export function isAged(
  { batch, batchWaitedMs }: Pick<Standing, "batch" | "batchWaitedMs">,
  deadlineMs: number,
): boolean {
  return batch > 0 && batchWaitedMs >= deadlineMs * AGED_SHARE;
}

/**
 * Whose texts a worker gets next. Batch texts get what interactive ones leave: a worker that would stand idle. Where
 * these leave nothing, one worker batch in eight is of batch texts that have aged, so that each comes to its turn, and
 * interactive ones keep seven eighths whatever waits behind them.
 *
 * @returns undefined only where nothing waits.
 */
export function nextPriority(standing: Standing, deadlineMs: number): Priority | undefined {
  const { interactive, batch, passedOver } = standing;
  if (interactive === 0) return batch > 0 ? "batch" : undefined;
  return isAged(standing, deadlineMs) && passedOver >= PASSED_OVER ? "batch" : "interactive";
}

/** A call of batch texts that wait, or of which some do. */
export interface Waiting {
  /** Places that it takes, of those that texts may wait in. */
  readonly places: number;
  /** Readings of texts that are read more than once. */
  readonly repeated: number;
}

/**
 * The batch calls that make way where an interactive one finds no room: the newest first, and no more than have to.
 *
 * @param oldestFirst all that wait. @returns none where all of them together would not be enough.
 */
export function givingWay<T extends Waiting>(oldestFirst: readonly T[], needed: Waiting): T[] {
  const leaving: T[] = [];
  let { places, repeated } = needed;
  for (const call of oldestFirst.toReversed()) {
    if (places <= 0 && repeated <= 0) break;
    // One that makes none of the room that is wanted stays.
    if ((places <= 0 || call.places === 0) && (repeated <= 0 || call.repeated === 0)) continue;
    leaving.push(call);
    places -= call.places;
    repeated -= call.repeated;
  }
  return places <= 0 && repeated <= 0 ? leaving : [];
}
