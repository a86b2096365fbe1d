import type { Sort } from "./entries.ts";

export const ACTIONS = ["recycle", "unload", "cleanup"] as const;
export type Action = (typeof ACTIONS)[number];

/** What the one who looks has chosen. */
export interface Mode {
  readonly page: "table" | "decisions" | "help" | "detail";
  readonly isPaused: boolean;
  /** What is asked about; any key but y takes it back. */
  readonly asking: Action | null;
  /** A line that is being typed: what the filter is to be, or which moment is to be shown. */
  readonly typing: { readonly what: "filter" | "time"; readonly text: string } | null;
  /** The key of an entry. */
  readonly selected: string | null;
  readonly sort: Sort;
  readonly filter: string;
  readonly showsLog: boolean;
  /** Where the minute begins that is shown; null: now. */
  readonly pastMs: number | null;
  /** What the time line covers. */
  readonly spanMs: number;
}

/** What is on the screen that a key is pressed at. */
export interface Surroundings {
  /** Keys of what can be selected, from top to bottom. */
  readonly entries: readonly string[];
  /** Nothing may be changed: keys that would are refused. */
  readonly isReadOnly: boolean;
  /** The time of day, in ms. */
  readonly nowMs: number;
  /** The first minute that is kept, where that is known. */
  readonly oldestMs: number | null;
}

export interface Pressed {
  readonly mode: Mode;
  readonly effect?: "quit" | "interrupt" | "suspend" | "next decision" | "previous decision" | Action;
  /** Why nothing came of it. */
  readonly refusal?: string;
}

const HOUR_MS = 3_600_000;

export const FIRST_MODE: Mode = {
  page: "table",
  isPaused: false,
  asking: null,
  typing: null,
  selected: null,
  sort: "slot",
  filter: "",
  showsLog: false,
  pastMs: null,
  spanMs: 6 * HOUR_MS,
};
