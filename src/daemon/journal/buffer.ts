import { MIB } from "../../lib/units.ts";
import type { EventKind, JournalEvent } from "./events.ts";
import type { Batch } from "./store.ts";

export const BUFFER_EVENTS = 10_000;
const BUFFER_BYTES = 8 * MIB;
/** A batch of these is written within some tens of milliseconds. */
const BATCH_EVENTS = 1000;
const BATCH_BYTES = MIB;

/** Events that wait to be written; of more than it holds, the oldest go, and are counted. */
export class EventBuffer {
  readonly #events: JournalEvent[] = [];
  /** Of the oldest ones, those that are being written. */
  #taken = 0;
  #bytes = 0;
  #dropped = 0;

  get waiting(): number {
    return this.#events.length;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(event: JournalEvent): void {
    this.#events.push(event);
    this.#bytes += bytesOf(event);
    while (this.#events.length > BUFFER_EVENTS || this.#bytes > BUFFER_BYTES) {
      this.#shift();
      this.#dropped++;
      // What is on its way may be written all the same: it is counted once, as dropped.
      this.#taken = Math.max(0, this.#taken - 1);
    }
  }

  /** The oldest events, at most so many and about a mebibyte; they stay until `written` or `refused`. */
  take(most = BATCH_EVENTS): readonly JournalEvent[] {
    const events: JournalEvent[] = [];
    let bytes = 0;
    for (const event of this.#events) {
      bytes += bytesOf(event);
      if (events.length >= most || (events.length > 0 && bytes > BATCH_BYTES)) break;
      events.push(event);
    }
    this.#taken = events.length;
    return events;
  }

  /** What was taken is kept now. @returns how many that were, those dropped meanwhile not counted. */
  written(): number {
    const count = this.#taken;
    while (this.#taken > 0) this.#take();
    return count;
  }

  /** What was taken can't be kept, ever. */
  refused(): void {
    this.#dropped += this.written();
  }

  /** All that wait are given up. */
  clear(): void {
    this.#taken = this.#events.length;
    this.refused();
  }

  #take(): void {
    this.#shift();
    this.#taken--;
  }

  #shift(): void {
    const event = this.#events.shift();
    if (event) this.#bytes -= bytesOf(event);
  }
}

export function batchOf(events: readonly JournalEvent[]): Batch {
  const batch: Partial<Record<EventKind, string[]>> = {};
  for (const { kind, json } of events) (batch[kind] ??= []).push(json);
  return batch;
}

/** A string takes up to two bytes a character, and an object some beside. */
function bytesOf({ json }: JournalEvent): number {
  return json.length * 2 + 64;
}
