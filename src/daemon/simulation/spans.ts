import type { PlanSpan } from "../../lib/protocol/plan.ts";
import type { SimulationOptions } from "./options.ts";
import { Tally, type Standing } from "./tally.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface SpansOptions extends Pick<SimulationOptions, "warmUpMs" | "untilMs" | "spanMs"> {
  readonly time: VirtualTime;
  readonly cores: number;
  readonly standing: () => Standing;
  /** Before a stretch is over: what the processors did up to now is to be counted. */
  readonly onTurn: () => void;
}

/** What takes place, stretch by stretch and in all. */
export class Spans {
  readonly #options: SpansOptions;
  readonly #spans: Tally[] = [];
  /** At the end of each. */
  readonly #standings: Standing[] = [];
  /** Of the stretch that is under way. */
  tally: Tally;
  /** Whole once `end` was called. */
  total: Tally;

  constructor(options: SpansOptions) {
    this.#options = options;
    this.tally = this.total = this.#newTally();
  }

  /** What is told of begins now. */
  begin(): void {
    this.tally = this.#newTally();
    this.total = this.#newTally();
    this.#turn(this.#options.warmUpMs);
  }

  end(): { readonly total: PlanSpan; readonly spans: readonly PlanSpan[] } {
    const { untilMs, standing } = this.#options;
    // What a span that was not gone on with had so far; else there is nothing in it.
    this.total.add(this.tally);
    const last = standing();
    return {
      total: this.total.report(untilMs, last),
      spans: this.#spans.map((span, at) => span.report(this.#endOf(at), this.#standings[at] ?? last)),
    };
  }

  #turn(fromMs: number): void {
    const { spanMs, untilMs, time, standing, onTurn } = this.#options;
    const endMs = Math.min(untilMs, fromMs + spanMs);
    if (endMs <= fromMs) return;
    time.at(endMs, () => {
      onTurn();
      this.total.add(this.tally);
      this.#spans.push(this.tally);
      this.#standings.push(standing());
      this.tally = this.#newTally();
      this.#turn(endMs);
    });
  }

  #endOf(span: number): number {
    const { warmUpMs, spanMs, untilMs } = this.#options;
    return Math.min(untilMs, warmUpMs + (span + 1) * spanMs);
  }

  #newTally(): Tally {
    const { time, cores, standing } = this.#options;
    return new Tally(time.nowMs, cores, standing());
  }
}
