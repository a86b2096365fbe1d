import { createHash } from "node:crypto";
import { masked } from "../../lib/personal-data.ts";
import { Turns } from "../../lib/turns.ts";
import type { CountedUnsure } from "./events.ts";

/** Distinct texts between two takes, and their characters together; what is asked often is among them, or comes again. */
const DISTINCT = 4000;
const CHARACTERS = 1024 * 1024;
/** Longer ones are no questions that many ask. */
const LONGEST = 1024;

/** An answer that was not accepted. */
export interface Unsure {
  readonly label: string;
  readonly score: number;
  readonly isAmbiguous: boolean;
}

interface Counted {
  readonly model: string;
  /** Undefined where texts are not kept. */
  readonly text: string | undefined;
  count: number;
  ambiguous: number;
  label: string;
  score: number;
}

/** Counts which texts were not understood. On the way of each call it does no more than that. */
export class InboxCounter {
  readonly #keepsText: boolean;
  #counts = new Map<string, Counted>();
  #characters = 0;

  /** @param keepsText a choice of whoever runs it; without it there are counts by label alone. */
  constructor(keepsText: boolean) {
    this.#keepsText = keepsText;
  }

  /** @param text in the form that the cache knows it by. */
  add(model: string, text: string, { label, score, isAmbiguous }: Unsure): void {
    const key = this.#keepsText ? `${model}\0${text}` : `${model}\0${label}`;
    const counted = this.#counts.get(key) ?? this.#begin(key, model, text);
    if (!counted) return;
    counted.count += 1;
    if (isAmbiguous) counted.ambiguous += 1;
    counted.label = label;
    counted.score = score;
  }

  /** What was counted, masked, in short turns of the event loop; begins anew. */
  async take(): Promise<CountedUnsure[]> {
    const counts = this.#counts;
    this.#counts = new Map();
    this.#characters = 0;
    const turns = new Turns();
    const rows = new Map<string, CountedUnsure>();
    for (const counted of counts.values()) {
      if (turns.isOver) await turns.next();
      const row = rowOf(counted);
      const key = `${row.model}\0${row.digest}`;
      const before = rows.get(key);
      // Texts that differ by what is masked are one.
      rows.set(key, before ? together(before, row) : row);
    }
    return [...rows.values()];
  }

  #begin(key: string, model: string, text: string): Counted | undefined {
    const { length } = text;
    if (this.#counts.size >= DISTINCT) return undefined;
    if (this.#keepsText && (length > LONGEST || this.#characters + length > CHARACTERS)) return undefined;
    if (this.#keepsText) this.#characters += length;
    const kept = this.#keepsText ? text : undefined;
    const counted = { model, text: kept, count: 0, ambiguous: 0, label: "", score: 0 };
    this.#counts.set(key, counted);
    return counted;
  }
}

function rowOf({ model, text, label, ...counted }: Counted): CountedUnsure {
  const kept = text === undefined ? null : masked(text);
  return { model, ...counted, label, digest: kept === null ? labelKey(label) : digestOf(kept), text: kept };
}

function together(before: CountedUnsure, row: CountedUnsure): CountedUnsure {
  return { ...row, count: before.count + row.count, ambiguous: before.ambiguous + row.ambiguous };
}

/** Of counts without a text: no digest of one, which whoever guesses it could find. */
function labelKey(label: string): string {
  return `label ${label}`;
}

/** SHA-256, hexadecimal, of a text as it is kept. */
export function digestOf(kept: string): string {
  return createHash("sha256").update(kept).digest("hex");
}
