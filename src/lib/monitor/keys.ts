import { SORTS } from "./entries.ts";
import type { Action, Mode, Pressed, Surroundings } from "./mode.ts";
import { pressInPast } from "./past-keys.ts";
import { parseMoment } from "./past-time.ts";

const ASKS: Readonly<Record<string, Action>> = { r: "recycle", u: "unload", L: "load", P: "pin", c: "cleanup" };
/** About one model. */
const OF_A_MODEL: readonly Action[] = ["unload", "load", "pin"];
const CTRL_C = "\u0003";
const CTRL_Z = "\u001A";
const ESCAPE = "\u001B";
const ENTER = ["\r", "\n"];
const ERASE = ["\u007F", "\b"];
const STEPS: Readonly<Record<string, number>> = { "\u001B[A": -1, "\u001BOA": -1, "\u001B[B": 1, "\u001BOB": 1 };
const LONGEST_LINE = 40;

/** @param key one character, or an escape sequence as a whole. */
export function press(mode: Mode, key: string, around: Surroundings): Pressed {
  // In raw mode the terminal makes no signals of these.
  if (key === CTRL_C) return { mode, effect: "interrupt" };
  if (key === CTRL_Z) return { mode, effect: "suspend" };
  if (mode.typing !== null) return typed(mode, mode.typing, key, around);
  if (mode.asking !== null) return answered(mode, mode.asking, key);
  if (ASKS[key] !== undefined) return asked(mode, ASKS[key], around);
  if (key === "q") return { mode, effect: "quit" };
  return (mode.pastMs === null ? undefined : pressInPast(mode, mode.pastMs, key, around)) ?? turned(mode, key, around);
}

function turned(mode: Mode, key: string, around: Surroundings): Pressed {
  const step = STEPS[key];
  if (step !== undefined) return { mode: { ...mode, selected: moved(mode.selected, step, around.entries) } };
  if (ENTER.includes(key)) return { mode: opened(mode, around.entries) };
  if (key === "h") return { mode: { ...mode, pastMs: lastWhole(around.nowMs), isPaused: false } };
  if (key === "p" && mode.pastMs === null) return { mode: { ...mode, isPaused: !mode.isPaused } };
  if (key === "l") return { mode: { ...mode, showsLog: !mode.showsLog } };
  if (key === "/") return { mode: { ...mode, typing: { what: "filter", text: mode.filter } } };
  if (key === "s") return { mode: { ...mode, sort: SORTS[(SORTS.indexOf(mode.sort) + 1) % SORTS.length] ?? "slot" } };
  if (key === "d") return { mode: turnTo(mode, "decisions") };
  if (key === "?") return { mode: turnTo(mode, "help") };
  return { mode: key === ESCAPE ? steppedBack(mode) : mode };
}

/** The last minute that is over. */
function lastWhole(nowMs: number): number {
  return Math.floor(nowMs / 60_000 - 1) * 60_000;
}

function asked(mode: Mode, asking: Action, { isReadOnly, models }: Surroundings): Pressed {
  if (isReadOnly) return { mode, refusal: `${asking}: not with --readonly` };
  if (mode.pastMs !== null) return { mode, refusal: `${asking}: not in the past; h leads back to now` };
  if (!OF_A_MODEL.includes(asking)) return { mode: { ...mode, asking } };
  const chosen = models.find(({ key }) => key === mode.selected);
  if (asking !== "pin") return { mode: { ...mode, asking, target: chosen?.name ?? null } };
  if (!chosen) return { mode, refusal: "pin: select one of several models first, with the arrows" };
  return { mode: { ...mode, asking: chosen.pinned ? "unpin" : "pin", target: chosen.name } };
}

function answered(mode: Mode, asked: Action, key: string): Pressed {
  const told = { ...mode, asking: null, target: null };
  if (key.toLowerCase() !== "y") return { mode: told };
  return { mode: told, effect: asked, ...(mode.target !== null && { target: mode.target }) };
}

function typed(mode: Mode, { what, text }: NonNullable<Mode["typing"]>, key: string, around: Surroundings): Pressed {
  if (key === ESCAPE) return { mode: { ...mode, typing: null } };
  if (ERASE.includes(key)) return { mode: { ...mode, typing: { what, text: text.slice(0, -1) } } };
  if (!ENTER.includes(key)) {
    const isText = /^[ -~]$/.test(key) && text.length < LONGEST_LINE;
    return { mode: { ...mode, typing: { what, text: isText ? text + key : text } } };
  }
  const done = { ...mode, typing: null };
  if (what === "filter") return { mode: { ...done, filter: text.trim(), selected: null } };
  if (text.trim() === "") return { mode: done };
  const atMs = parseMoment(text, around.nowMs);
  if (atMs === undefined) return { mode: done, refusal: `${text}: 14:30, 11-28 14:30 or 2h are times (UTC, or ago)` };
  return { mode: { ...done, pastMs: Math.min(atMs, lastWhole(around.nowMs)) } };
}

/** The same key leads there and back. */
function turnTo(mode: Mode, page: Mode["page"]): Mode {
  return { ...mode, page: mode.page === page ? "table" : page };
}

/** One step at a time: from a page to the table, from the filtered table to all of it, from the past to now. */
function steppedBack(mode: Mode): Mode {
  if (mode.page !== "table") return { ...mode, page: "table" };
  if (mode.filter !== "") return { ...mode, filter: "" };
  if (mode.selected !== null) return { ...mode, selected: null };
  return { ...mode, pastMs: null };
}

function opened(mode: Mode, entries: readonly string[]): Mode {
  if (mode.page === "detail") return { ...mode, page: "table" };
  const selected = mode.selected ?? entries[0] ?? null;
  return mode.page === "table" && selected !== null ? { ...mode, selected, page: "detail" } : mode;
}

function moved(selected: string | null, step: number, entries: readonly string[]): string | null {
  const at = selected === null ? -1 : entries.indexOf(selected);
  if (at < 0) return (step > 0 ? entries[0] : entries.at(-1)) ?? null;
  return entries[Math.min(entries.length - 1, Math.max(0, at + step))] ?? null;
}

/** The keys of what was read at once: a paste is many of them, an arrow key is one. */
export function splitKeys(text: string): string[] {
  // An escape sequence as ECMA-48 has it, else any character.
  // oxlint-disable-next-line no-control-regex -- that is what it begins with.
  return text.match(/\u001B(?:\[[0-?]*[ -/]*[@-~]|O[A-Za-z]|$)|[^]/gu) ?? [];
}
