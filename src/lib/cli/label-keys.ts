import type { InboxText } from "../protocol/inbox.ts";

/** Where somebody is who goes through the inbox. */
export interface LabelState {
  /** Those that had no label when he began. */
  readonly texts: readonly InboxText[];
  /** The one that is shown; behind the last one all are done. */
  readonly at: number;
  /** What he gave each so far, by its place; null: passed over. */
  readonly given: ReadonlyMap<number, string | null>;
  /** The model's, and behind them those that are new. */
  readonly labels: readonly string[];
  /** Of what is typed after `/`. */
  readonly typing: string | null;
}

/** What is to be done beside: keep a label, or take it back. */
export interface Labelled {
  readonly digest: string;
  readonly label: string | null;
}

export interface LabelPressed {
  readonly state: LabelState;
  readonly save?: Labelled;
  readonly effect?: "end" | "interrupt";
  readonly refusal?: string;
}

/** A label's key, by its place: of what is there first the ones that are found blindly. */
export const LABEL_KEYS = "1234567890abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const CTRL_C = "\u0003";
const ENDS = ["\u001B", "\u0004"];
const ENTER = ["\r", "\n"];
const ERASE = ["\u007F", "\b"];
const LONGEST_LABEL = 200;

/** @param key one character, or an escape sequence as a whole. */
export function pressLabel(state: LabelState, key: string): LabelPressed {
  if (key === CTRL_C) return { state, effect: "interrupt" };
  if (state.typing !== null) return typed(state, state.typing, key);
  if (ENDS.includes(key)) return { state, effect: "end" };
  if (ERASE.includes(key)) return undone(state);
  const text = state.texts[state.at];
  if (!text) return ENTER.includes(key) ? { state, effect: "end" } : { state };
  if (key === "/") return { state: { ...state, typing: "" } };
  if (key === " ") return { state: stepped(state, null) };
  if (ENTER.includes(key)) return give(state, text, text.label);
  const place = key.length === 1 ? LABEL_KEYS.indexOf(key) : -1;
  const label = place < 0 ? undefined : state.labels[place];
  return label === undefined ? { state } : give(state, text, label);
}

/** Of the labels those that have what is typed, those that begin with it first. */
export function matching(labels: readonly string[], typed: string): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  const found = labels.filter((label) => label.toLowerCase().includes(wanted));
  return found.toSorted((a, b) => Number(isStart(b, wanted)) - Number(isStart(a, wanted)));
}

function isStart(label: string, wanted: string): boolean {
  return label.toLowerCase().startsWith(wanted);
}

function typed(state: LabelState, line: string, key: string): LabelPressed {
  const done = { ...state, typing: null };
  if (ENDS.includes(key)) return { state: done };
  if (ERASE.includes(key)) return { state: { ...state, typing: line.slice(0, -1) } };
  if (!ENTER.includes(key)) {
    const isText = /^[^\p{C}]$/u.test(key) && line.length < LONGEST_LABEL;
    return { state: isText ? { ...state, typing: line + key } : state };
  }
  const text = state.texts[state.at];
  const name = line.trim();
  if (!text || name === "") return { state: done };
  // What ends with ! is meant as it stands, whatever else has it in its name.
  if (name.endsWith("!")) return give(done, text, name.slice(0, -1).trim());
  const [found] = matching(state.labels, name);
  if (found !== undefined) return give(done, text, found);
  return { state, refusal: `No label has "${name}" in it: "${name}!" makes it a new one.` };
}

function give(state: LabelState, { digest }: InboxText, label: string): LabelPressed {
  if (label === "") return { state };
  const labels = state.labels.includes(label) ? state.labels : [...state.labels, label];
  return { state: { ...stepped(state, label), labels }, save: { digest, label } };
}

function stepped(state: LabelState, label: string | null): LabelState {
  return { ...state, at: state.at + 1, given: new Map(state.given).set(state.at, label) };
}

/** One step back, as often as there are steps. */
function undone(state: LabelState): LabelPressed {
  const at = state.at - 1;
  const text = state.texts[at];
  if (!text) return { state };
  const given = new Map(state.given);
  const label = given.get(at) ?? null;
  given.delete(at);
  return { state: { ...state, at, given }, ...(label !== null && { save: { digest: text.digest, label: null } }) };
}
