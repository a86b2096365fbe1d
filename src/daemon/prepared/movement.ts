import type { Rows } from "./examinee.ts";

/** How far answers moved from those to the same texts. */
export interface Movement {
  /** The furthest that a number moved. */
  readonly most: number;
  /** The root of the mean over texts of the square of how far the furthest number of each moved. */
  readonly typical: number;
  /** Texts that got another label. */
  readonly labels: number;
}

export const STILL: Movement = { most: 0, typical: 0, labels: 0 };

/**
 * @param before has all texts that `after` has.
 * @param undecided a text whose two best labels lie no further apart has none that it could lose.
 */
export function movementOf(before: Rows, after: Rows, undecided = 0): Movement {
  let [most, squares, labels] = [0, 0, 0];
  for (const [index, row] of after) {
    const old = before.get(index) ?? row;
    const moved = furthest(old, row);
    most = Math.max(most, moved);
    squares += moved ** 2;
    const [best, lead] = leaderOf(old);
    if (best !== leaderOf(row)[0] && lead > undecided) labels += 1;
  }
  return { most, typical: Math.sqrt(squares / Math.max(1, after.size)), labels };
}

/** NaN where a number has become none. */
function furthest(before: Float32Array, after: Float32Array): number {
  let most = 0;
  for (let at = 0; at < before.length; at++) {
    const moved = Math.abs((after[at] ?? NaN) - before[at]!);
    if (!(moved <= most)) most = moved;
    if (Number.isNaN(moved)) return NaN;
  }
  return most;
}

/** The label with the highest number, and how far it lies above the next one. */
function leaderOf(row: Float32Array): [number, number] {
  let [best, next] = [0, -Infinity];
  for (let at = 1; at < row.length; at++) {
    if (row[at]! > row[best]!) [best, next] = [at, row[best]!];
    else next = Math.max(next, row[at]!);
  }
  return [best, row[best]! - next];
}

/** From the least to the greatest number of all rows. */
export function spreadOf(rows: Rows): number {
  let [least, greatest] = [Infinity, -Infinity];
  for (const row of rows.values()) {
    for (const value of row) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  }
  return greatest - least;
}

export function isFinite(rows: Rows): boolean {
  return [...rows.values()].every((row) => row.every(Number.isFinite));
}
