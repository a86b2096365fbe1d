import { masked } from "../../lib/personal-data.ts";
import { Turns } from "../../lib/turns.ts";
import type { CountedText } from "./events.ts";
import { digestOf } from "./inbox-counter.ts";

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

  /** What was counted, in short turns of the event loop; begins anew. */
  async take(): Promise<CountedText[]> {
    const counts = this.#counts;
    this.#counts = new Map();
    const turns = new Turns();
    const taken = new Map<string, CountedText>();
    for (const [text, count] of counts) {
      if (turns.isOver) await turns.next();
      const counted = this.#countedOf(text, count);
      const before = taken.get(counted.digest);
      taken.set(counted.digest, before ? { ...before, count: before.count + count } : counted);
    }
    return [...taken.values()];
  }

  /** A text with something masked is another one, which nobody asks: it would warm nothing, and is not kept. */
  #countedOf(text: string, count: number): CountedText {
    const kept = masked(text);
    return { digest: digestOf(kept), count, text: this.#keepText && kept === text ? text : null };
  }
}
