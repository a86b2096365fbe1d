import type { Decision, DecisionsQuery } from "../../lib/protocol/decisions.ts";

export type NewDecision = Omit<Decision, "id" | "at">;

/** Where decisions go: the log, the journal, whoever listens. */
export interface DecisionSink {
  keep(decision: Decision): void;
}

export interface DecisionsOptions {
  /** The time of day. */
  readonly clock: () => Date;
  /** Told of a sink that threw: neither the others nor what was decided about suffer from it. */
  readonly onFailure: (error: unknown) => void;
}

const KEPT = 1000;

/** What was done to memory and why: the last thousand here, each one told to whoever listens. */
export class Decisions {
  readonly #options: DecisionsOptions;
  readonly #kept: Decision[] = [];
  readonly #sinks: Set<DecisionSink>;
  /** Of this run: makes its ids differ from those of another, and sort behind those of an earlier one. */
  readonly #epoch: string;
  #count = 0;

  constructor(options: DecisionsOptions, sinks: readonly DecisionSink[] = []) {
    this.#options = options;
    this.#epoch = options.clock().getTime().toString(36).padStart(9, "0");
    this.#sinks = new Set(sinks);
  }

  addSink(sink: DecisionSink): () => void {
    this.#sinks.add(sink);
    return () => void this.#sinks.delete(sink);
  }

  record(decision: NewDecision): Decision {
    const id = `${this.#epoch}-${(++this.#count).toString(36).padStart(6, "0")}`;
    const kept = { id, at: this.#options.clock().toISOString(), ...decision };
    this.#kept.push(kept);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const sink of this.#sinks) this.#tell(sink, kept);
    return kept;
  }

  /** The newest `limit` of those after `since` and before `until`, oldest first. */
  list({ since, until, limit = 100 }: DecisionsQuery): Decision[] {
    const from = since === undefined ? -Infinity : Date.parse(since);
    const to = until === undefined ? Infinity : Date.parse(until);
    return this.#kept.filter(({ at }) => Date.parse(at) > from && Date.parse(at) < to).slice(-limit);
  }

  /** Those behind the one with this id, which need not be known any more; oldest first. */
  after(id: string): Decision[] {
    return this.#kept.filter((decision) => decision.id > id);
  }

  #tell(sink: DecisionSink, decision: Decision): void {
    try {
      sink.keep(decision);
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}
