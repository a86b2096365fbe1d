import type { ShadowReport } from "../../lib/protocol/shadow.ts";
import { LastTimes } from "./last-times.ts";

/** One text that both have answered. */
export interface Compared {
  readonly live: string;
  readonly candidate: string;
  /** What the batch took that the text was in; undefined where the live answer came from a cache. */
  readonly liveMs: number | undefined;
  readonly candidateMs: number;
  /** Undefined where no text may be kept. */
  readonly text: string | undefined;
}

type Skipped = keyof ShadowReport["texts"]["skipped"];

/** Told, at most. */
const LABELS = 100;
const PAIRS = 20;
/** Of a model with 20,000 labels there could be millions. */
const PAIRS_KEPT = 4096;
const EXAMPLES = 3;
const LONGEST_EXAMPLE = 200;

interface Pair {
  readonly live: string;
  readonly candidate: string;
  texts: number;
  readonly examples: string[];
}

interface Row {
  compared: number;
  agreed: number;
}

/** What came of the texts that a candidate was given, in bounded memory. */
export class ShadowTally {
  readonly liveTimes = new LastTimes();
  readonly candidateTimes = new LastTimes();
  #compared = 0;
  #agreed = 0;
  #failed = 0;
  #lastFailure: string | null = null;
  readonly #skipped: Record<Skipped, number> = { busy: 0, level: 0, evicted: 0 };
  readonly #labels = new Map<string, Row>();
  readonly #pairs = new Map<string, Pair>();

  compared({ live, candidate, liveMs, candidateMs, text }: Compared): void {
    const agrees = live === candidate;
    this.#compared += 1;
    this.#agreed += Number(agrees);
    if (liveMs !== undefined) this.liveTimes.add(liveMs);
    this.candidateTimes.add(candidateMs);
    const row = this.#labels.get(live) ?? { compared: 0, agreed: 0 };
    row.compared += 1;
    row.agreed += Number(agrees);
    this.#labels.set(live, row);
    if (!agrees) this.#differs(live, candidate, text);
  }

  skipped(why: Skipped): void {
    this.#skipped[why] += 1;
  }

  failed(detail: string): void {
    this.#failed += 1;
    this.#lastFailure = detail;
  }

  report(): Pick<ShadowReport, "texts" | "labels" | "differ" | "lastFailure"> {
    const rows = [...this.#labels].map(([label, row]) => ({ label, ...row }));
    const pairs = [...this.#pairs.values()].toSorted((a, b) => b.texts - a.texts).slice(0, PAIRS);
    return {
      texts: {
        compared: this.#compared,
        agreed: this.#agreed,
        failed: this.#failed,
        skipped: { ...this.#skipped },
      },
      lastFailure: this.#lastFailure,
      labels: rows.toSorted((a, b) => b.compared - a.compared).slice(0, LABELS),
      differ: pairs.map((pair) => ({ ...pair, examples: [...pair.examples] })),
    };
  }

  #differs(live: string, candidate: string, text: string | undefined): void {
    const key = JSON.stringify([live, candidate]);
    let pair = this.#pairs.get(key);
    if (!pair) {
      if (this.#pairs.size >= PAIRS_KEPT) return;
      this.#pairs.set(key, (pair = { live, candidate, texts: 0, examples: [] }));
    }
    pair.texts += 1;
    if (text === undefined || pair.examples.length >= EXAMPLES) return;
    const short = text.slice(0, LONGEST_EXAMPLE).toWellFormed();
    if (!pair.examples.includes(short)) pair.examples.push(short);
  }
}
