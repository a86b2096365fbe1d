import { formatBytes } from "../units.ts";

/** Shown for what is not known, not there or not measured. */
export const NONE = "-";

const STEPS = [
  [1_000_000_000, "G"],
  [1_000_000, "M"],
  [1000, "k"],
] as const;

/** `340`, `99999`, `120k`, `1.2M`: at most five characters. */
export function shortCount(count: number): string {
  if (count < 100_000) return String(count);
  const [unit, suffix] = STEPS.find(([step]) => count >= step) ?? [1, ""];
  const value = count / unit;
  return `${value < 10 ? value.toFixed(1) : Math.floor(value)}${suffix}`;
}

/** Bytes that came back: where there are more in use than before, other things took them, and none came. */
export function cameBack(bytes: number): string {
  return bytes > 0 ? formatBytes(bytes) : "nothing";
}

/** `61%`, `0.4%`. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)}%`;
}

/** `0.12`, `3.4`, `120`: milliseconds to two figures and a bit. */
export function shortMs(ms: number | null): string {
  if (ms === null) return NONE;
  return ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}

/** Words in lines of at most `width`; a longer word has a line of its own. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.length > 0 ? lines : [""];
}
