import type { EventKind } from "./events.ts";

/** What kept the store from doing what it was asked. All but `refused` and `newer` may pass by themselves. */
export type FaultKind = "away" | "full" | "read-only" | "locked" | "corrupt" | "stalled" | "newer" | "refused";

/** Its message is for an operator: it never holds what was to be written, nor a password. */
export class StoreFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreFault";
    this.kind = kind;
  }
}

/** Events to write, by kind: each a row (or rows, separated by commas) as JSON. */
export type Batch = Readonly<Partial<Record<EventKind, readonly string[]>>>;

/** One stretch of the history, by the columns of HISTORY_COLUMNS; null where nothing was measured. */
export type HistoryRow = Readonly<Record<string, number | null>>;

export interface KeptText {
  readonly digest: string;
  readonly count: number;
  readonly lastSeenMs: number;
  /** Null where texts are not kept. */
  readonly text: string | null;
}

/** A text of the inbox. */
export interface InboxRow {
  readonly model: string;
  readonly digest: string;
  readonly count: number;
  readonly ambiguous: number;
  readonly label: string;
  readonly score: number;
  readonly lastSeenMs: number;
  readonly text: string;
  /** The label that somebody gave it. */
  readonly given: string | null;
}

export interface InboxCount {
  readonly model: string;
  readonly label: string;
  readonly count: number;
  readonly ambiguous: number;
}

export interface InboxSearch {
  readonly model: string;
  readonly sinceMs: number;
  readonly least: number;
  readonly which: "open" | "labelled" | "all";
  readonly limit: number;
  readonly offset: number;
}

export interface GivenLabel {
  readonly model: string;
  readonly digest: string;
  /** Null takes it back. */
  readonly given: string | null;
  readonly at_ms: number;
}

/** What was decided in one stretch, by one model and one way to decide. */
export interface DecidedStretch {
  readonly atMs: number;
  readonly model: string;
  readonly basis: string;
  readonly decided: number;
  readonly unsure: number;
}

/** Texts that were not understood. Calls take effect before they resolve. */
export interface InboxStore {
  /** Those asked most, first. */
  list(search: InboxSearch): Promise<InboxRow[]>;
  counts(sinceMs: number, model: string): Promise<InboxCount[]>;
  /** @returns the digests of those that were found. */
  label(given: readonly GivenLabel[]): Promise<string[]>;
  /** Of frequent texts too; of their traces in the store's own files as well. @param digests null: all. @returns rows. */
  forget(digests: readonly string[] | null): Promise<number>;
}

/** What a monitor would have shown at the end of a minute, as it was packed. */
export interface KeptMoment {
  readonly atMs: number;
  readonly body: unknown;
}

/** Later than any time. */
export const NO_END = Number.MAX_SAFE_INTEGER;

/** Connections to a database server; SQLite has none. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  /** Who waits for a connection. */
  readonly waiting: number;
  readonly max: number;
  /** How long the connection that was taken first has been out, and for what; null while all are in. */
  readonly heldLongest: { readonly ms: number; readonly where: string } | null;
}

/** How many there are of each. */
export type StoreRows = Readonly<Record<"decisions" | "minutes" | "alerts" | "texts", number>>;

/** A store that is a file of combot's own, which combot backs up. */
export interface StoreFile {
  rows(): Promise<StoreRows>;
  /** Copies it to a new file, while it is written. @returns what the copy has. */
  backup(path: string): Promise<StoreRows>;
  /** What a copy has. @throws {StoreFault} `corrupt` or `newer` where it can't be used. */
  inspect(path: string): Promise<StoreRows>;
  /** Takes a copy in the place of what is there, which stays until the copy is open. @throws {StoreFault} as `inspect`. */
  restore(path: string): Promise<StoreRows>;
}

/**
 * Where the journal is kept. Opened by the first call, and again after a failure; every call ends within a few seconds,
 * whatever the disk or the server does. What is thrown is a StoreFault.
 */
export interface Store {
  readonly kind: "sqlite" | "postgres";
  readonly pool: PoolState | null;
  /** Null where the store is its owner's to back up. */
  readonly file: StoreFile | null;
  readonly inbox: InboxStore;
  /** Opens it, brought to this release's schema. */
  open(): Promise<void>;
  /**
   * All of it or nothing; an event whose id is there already is passed over.
   *
   * @param attempt differs from that of every other write: tells one that was cut off from its repetition.
   */
  write(batch: Batch, attempt: string): Promise<void>;
  /** Whether something can be written: it is, and taken away again. @param attempt as of `write`. */
  probe(attempt: string): Promise<void>;
  /** The bodies of the newest `limit` decisions after `sinceMs` and before `untilMs`, oldest first. */
  decisions(sinceMs: number, limit: number, untilMs?: number): Promise<unknown[]>;
  /** The bodies of the newest `limit` alerts after `sinceMs`, oldest first. */
  alerts(sinceMs: number, limit: number): Promise<unknown[]>;
  /** Minutes from `sinceMs` on and before `untilMs`, put together to stretches of `stepMs`. */
  history(sinceMs: number, stepMs: number, untilMs?: number): Promise<HistoryRow[]>;
  /** As `history`, by the columns of MODEL_HISTORY_COLUMNS: stretches in which anything came of that model. */
  modelHistory(model: string, sinceMs: number, stepMs: number, untilMs?: number): Promise<HistoryRow[]>;
  /** Those that anything came of then, in the order of their names. */
  modelNames(sinceMs: number, untilMs?: number): Promise<string[]>;
  /** The last moment of each of these stretches, oldest first. */
  moments(sinceMs: number, stepMs: number, untilMs: number): Promise<KeptMoment[]>;
  /** As `history`. */
  answers(sinceMs: number, stepMs: number): Promise<DecidedStretch[]>;
  /** The time of the first minute; null where there is none. */
  oldestMs(): Promise<number | null>;
  /** Those asked most, first. */
  frequentTexts(limit: number): Promise<KeptText[]>;
  /** The time of the newest row of any kind before `beforeMs`; null where there is none. */
  newestMs(beforeMs: number): Promise<number | null>;
  /** Removes some of what is older; and, of the texts, those asked least. @returns rows removed; 0 = there are no more. */
  prune(beforeMs: number): Promise<number>;
  /** Gives back memory and connections; the next call takes them again. */
  release(): Promise<void>;
  close(): Promise<void>;
}
