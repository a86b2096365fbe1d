import type { Decision } from "../../lib/protocol/decisions.ts";

export type NewDecision = Omit<Decision, "id" | "at">;

/** Where decisions go to be kept: the journal, once there is one. */
export interface DecisionSink {
  keep(decision: Decision): void;
}

const KEPT = 1000;

/** What was done to memory and why: the last thousand here, each one told to whoever listens. */
export class Decisions {
  readonly #kept: Decision[] = [];
  readonly #sinks: Set<DecisionSink>;
  readonly #epoch: string;
  #count = 0;

  /** @param startedAt of the daemon: makes the ids of one run differ from those of another. */
  constructor(startedAt: Date, sinks: readonly DecisionSink[]) {
    this.#epoch = startedAt.getTime().toString(36).padStart(9, "0");
    this.#sinks = new Set(sinks);
  }

  addSink(sink: DecisionSink): () => void {
    this.#sinks.add(sink);
    return () => void this.#sinks.delete(sink);
  }

  record(decision: NewDecision): Decision {
    const id = `${this.#epoch}-${(++this.#count).toString(36).padStart(6, "0")}`;
    const kept = { id, at: new Date().toISOString(), ...decision };
    this.#kept.push(kept);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const sink of this.#sinks) sink.keep(kept);
    return kept;
  }

  /** The newest `limit` of those after `since`, oldest first. */
  list({ since, limit = 100 }: { since?: string | undefined; limit?: number | undefined }): Decision[] {
    const from = since === undefined ? -Infinity : Date.parse(since);
    return this.#kept.filter(({ at }) => Date.parse(at) > from).slice(-limit);
  }

  /** Those behind the one with this id, which need not be known any more; oldest first. */
  after(id: string): Decision[] {
    return this.#kept.filter((decision) => decision.id > id);
  }
}
