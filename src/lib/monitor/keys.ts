export const ACTIONS = ["recycle", "unload", "cleanup"] as const;
export type Action = (typeof ACTIONS)[number];

/** What the one who looks has chosen. */
export interface Mode {
  readonly page: "table" | "decisions" | "help";
  readonly isPaused: boolean;
  /** What is asked about; any key but y takes it back. */
  readonly asking: Action | null;
}

export interface Pressed {
  readonly mode: Mode;
  readonly effect?: "quit" | "interrupt" | "suspend" | Action;
}

export const FIRST_MODE: Mode = { page: "table", isPaused: false, asking: null };

const ASKS: Readonly<Record<string, Action>> = { r: "recycle", u: "unload", c: "cleanup" };
const CTRL_C = "\u0003";
const CTRL_Z = "\u001A";
const ESCAPE = "\u001B";

/** @param key one character, or an escape sequence as a whole, which no key here has. */
export function press(mode: Mode, key: string): Pressed {
  // In raw mode the terminal makes no signals of these.
  if (key === CTRL_C) return { mode, effect: "interrupt" };
  if (key === CTRL_Z) return { mode, effect: "suspend" };
  if (mode.asking !== null) return answered(mode, mode.asking, key);
  const asking = ASKS[key];
  if (asking !== undefined) return { mode: { ...mode, asking } };
  if (key === "q") return { mode, effect: "quit" };
  if (key === "p") return { mode: { ...mode, isPaused: !mode.isPaused } };
  if (key === "d") return { mode: turnTo(mode, "decisions") };
  if (key === "?" || key === "h") return { mode: turnTo(mode, "help") };
  return { mode: key === ESCAPE ? { ...mode, page: "table" } : mode };
}

function answered(mode: Mode, asked: Action, key: string): Pressed {
  const told = { ...mode, asking: null };
  return key.toLowerCase() === "y" ? { mode: told, effect: asked } : { mode: told };
}

/** The same key leads there and back. */
function turnTo(mode: Mode, page: Mode["page"]): Mode {
  return { ...mode, page: mode.page === page ? "table" : page };
}

/** The keys of what was read at once: a paste is many of them, an arrow key is one. */
export function splitKeys(text: string): string[] {
  // An escape sequence as ECMA-48 has it, else any character.
  // oxlint-disable-next-line no-control-regex -- that is what it begins with.
  return text.match(/\u001B(?:\[[0-?]*[ -/]*[@-~]|O[A-Za-z]|$)|[^]/gu) ?? [];
}
