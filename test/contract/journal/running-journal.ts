import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { Journal } from "../../../src/daemon/journal/journal.ts";
import type { JournalOptions, JournalState } from "../../../src/daemon/journal/journal.ts";
import type { Store } from "../../../src/daemon/journal/store.ts";
import type { Decision } from "../../../src/lib/protocol/decisions.ts";

export interface Running {
  readonly journal: Journal;
  readonly told: JournalState[];
}

/** A journal over a store, started; stopped when the test ends. */
export function startJournal(store: Store, more: Partial<JournalOptions> = {}): Running {
  const told: JournalState[] = [];
  const journal = new Journal({
    store,
    retentionMs: 1e12,
    isFrugal: () => false,
    clocks: { wall: Date.now, monotonic: () => performance.now() },
    onHold: () => undefined,
    onState: (state) => told.push(state),
    random: randomUUID,
    ...more,
  });
  journal.start();
  onTestFinished(() => journal.stop());
  return { journal, told };
}

export function decisionAt(index: number): Decision {
  const at = new Date(Date.parse("2026-01-01T00:00:00Z") + index).toISOString();
  const id = `d-${String(index).padStart(6, "0")}`;
  return { id, at, action: "hold", reason: "r", measured: null, threshold: null, freedBytes: null, durationMs: 0 };
}
