import type { Batching } from "../policy/batch.ts";
import type { Rows } from "./examinee.ts";
import { STILL, isFinite, movementOf, spreadOf } from "./movement.ts";
import type { Movement } from "./movement.ts";
import type { Trial } from "./trial.ts";

/** What the plain file answered; undefined for batches of a kind that it failed or ended on. */
export interface PlainAnswers {
  readonly alone: Rows;
  /** Beside copies of itself. */
  readonly copies: Rows | undefined;
  /** In batches of texts of one length. */
  readonly equal: Rows | undefined;
  /** In batches of texts of all lengths, padded to the longest. */
  readonly padded: Rows | undefined;
  /** The graph takes no more than one text at a time. */
  readonly oneByOne: boolean;
}

export interface Findings extends Pick<Trial, "batching" | "output"> {
  readonly spread: number;
  /** The plain file's own movement between alone and the batches it is served with. */
  readonly movement: Movement;
}

/**
 * Movements are parts of the spread of all logits. Measured with dynamically quantised models of 2 to 12 layers, hidden
 * sizes 256 to 768 and 2 to 300 labels, whose activations are quantised over the range of all that share a batch:
 * among texts of one length 0.009 to 0.018 typically and 0.033 at most; padded 0.9 to 1.4 times as much, and where the
 * mask is not heeded 26 to 32 times. With weights in 32 bits, and in 8 bits that are dequantised: 0, whatever shares
 * the batch.
 */
const UNMOVED = 1e-4;
/** Padding that moves answers further than mates do, by this factor, is read by the model. */
const PADDING_FACTOR = 3;
/** Mates that move an answer further than quantisation does. */
const QUANTISED_AT_MOST = 0.1;

export function findingsOf(answers: PlainAnswers): Findings {
  const { alone } = answers;
  const spread = spreadOf(alone);
  const moved = (rows: Rows | undefined): Movement | undefined =>
    rows && isFinite(rows) ? movementOf(alone, rows) : undefined;
  const [copies, equal, padded] = [moved(answers.copies), moved(answers.equal), moved(answers.padded)];
  const batching = answers.oneByOne ? "single" : batchingOf(spread, copies, equal, padded);
  const movement = { padded: worse(equal, padded), equal: worse(equal, STILL), single: STILL }[batching];
  return { batching, movement, spread, output: outputOf(alone) };
}

function batchingOf(
  spread: number,
  copies: Movement | undefined,
  equal: Movement | undefined,
  padded: Movement | undefined,
): Batching {
  // Copies have one range: a model that they move lets texts see each other, quantised or not.
  if (!copies || !equal || copies.most > UNMOVED * spread) return "single";
  if (equal.typical > QUANTISED_AT_MOST * spread) return "single";
  if (!padded) return "equal";
  return padded.typical > Math.max(UNMOVED * spread, PADDING_FACTOR * equal.typical) ? "equal" : "padded";
}

function worse(a = STILL, b = STILL): Movement {
  return {
    most: Math.max(a.most, b.most),
    typical: Math.max(a.typical, b.typical),
    labels: Math.max(a.labels, b.labels),
  };
}

/** Half precision is summed with an error of a thousandth. */
const SUM_TOLERANCE = 2e-3;

/** Logits of dozens of texts that all lie between 0 and 1 are no logits. */
function outputOf(alone: Rows): Trial["output"] {
  const rows = [...alone.values()];
  if (!rows.every((row) => row.every((value) => value >= 0 && value <= 1))) return "logits";
  const isShared = (row: Float32Array): boolean =>
    Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) <= SUM_TOLERANCE;
  return rows.every((row) => row.length > 1 && isShared(row)) ? "softmax" : "sigmoid";
}

/** Of the spread: what products summed in another order may move an answer by. */
const EXACT = 1e-5;
const EXACT_AT_LEAST = 1e-6;

/**
 * Why another file of the model does not answer like the plain one; undefined where it does: to a hundred-thousandth,
 * or within what the plain file itself moves from batch to batch, in numbers and in labels, not counting texts between
 * whose best labels that movement decides. A graph that computes the last layer for the first token alone quantises over
 * another range: it was measured to move 0.4 to 0.96 times as far.
 */
export function differenceOf(findings: Findings, expected: Rows, found: Rows): string | undefined {
  if (!isFinite(found)) return "it gives no finite numbers";
  const { spread, movement } = findings;
  const { most, labels } = movementOf(expected, found, movement.most);
  if (labels > movement.labels)
    return `it gives another label to ${labels} of ${found.size} texts, where the plain file does to ${movement.labels} in batches`;
  const tolerance = Math.max(EXACT * spread + EXACT_AT_LEAST, movement.most);
  if (most <= tolerance) return undefined;
  return `its logits are off by ${most.toPrecision(2)}, where ${tolerance.toPrecision(2)} is what the plain file allows for`;
}
