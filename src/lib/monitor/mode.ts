import type { Sort } from "./entries.ts";

export const ACTIONS = ["recycle", "unload", "load", "pin", "unpin", "cleanup"] as const;
export type Action = (typeof ACTIONS)[number];

/** What the one who looks has chosen. */
export interface Mode {
  readonly page: "table" | "decisions" | "help" | "detail";
  readonly isPaused: boolean;
  /** What is asked about; any key but y takes it back. */
  readonly asking: Action | null;
  /** The name of the model that it is about; null: the default one, or all. */
  readonly target: string | null;
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
  /** Models among them that can be chosen; none where there is only one. */
  readonly models: readonly { readonly key: string; readonly name: string; readonly pinned: boolean }[];
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
  /** As in the mode, where the effect is an action. */
  readonly target?: string;
  /** Why nothing came of it. */
  readonly refusal?: string;
}

const HOUR_MS = 3_600_000;

export const FIRST_MODE: Mode = {
  page: "table",
  isPaused: false,
  asking: null,
  target: null,
  typing: null,
  selected: null,
  sort: "slot",
  filter: "",
  showsLog: false,
  pastMs: null,
  spanMs: 6 * HOUR_MS,
};
