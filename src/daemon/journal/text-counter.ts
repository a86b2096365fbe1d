import { createHash } from "node:crypto";
import type { CountedText } from "./events.ts";

/** Distinct texts counted between two takes; what is asked often is among them, in this minute or the next. */
const DISTINCT = 1000;
/** Longer ones are no questions that many ask. */
const LONGEST = 1024;

/** Counts which texts are asked. */
export class TextCounter {
  readonly #keepText: boolean;
  #counts = new Map<string, number>();

  /** @param keepText a choice of whoever runs it; without it there is a digest alone. */
  constructor(keepText: boolean) {
    this.#keepText = keepText;
  }

  /** @param text in the form that the cache knows it by. */
  add(text: string): void {
    const count = this.#counts.get(text);
    if (count !== undefined) this.#counts.set(text, count + 1);
    else if (this.#counts.size < DISTINCT && text.length <= LONGEST) this.#counts.set(text, 1);
  }

  /** What was counted; begins anew. */
  take(): CountedText[] {
    const counts = this.#counts;
    this.#counts = new Map();
    return [...counts].map(([text, count]) => ({ digest: digestOf(text), count, text: this.#keepText ? text : null }));
  }
}

/** SHA-256, hexadecimal. Whoever guesses a text can tell whether it is there: no secret. */
function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
