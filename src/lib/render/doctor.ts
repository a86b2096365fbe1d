import { harmless } from "../harmless.ts";
import type { Paint } from "./paint.ts";
import { wrapWords } from "./words.ts";

interface Result {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly found: string;
  readonly command?: string;
  readonly details?: readonly string[];
}

const TONES = { ok: "good", warn: "careful", fail: "bad" } as const;

/** Less is not worth to be kept beside the names. */
const LEAST_ROOM = 20;

/**
 * A line a check; what is not ok has its details and the command that mends it below.
 *
 * @param columns of the terminal. A command stays whole in a narrower one, to be copied.
 */
export function renderDoctor(results: readonly Result[], paint: Paint, columns = Infinity): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const indent = " ".repeat(6 + width);
  const room = Math.max(LEAST_ROOM, columns - indent.length);
  const wrapped = (text: string): readonly string[] => (text.length <= room ? [text] : wrapWords(text, room));
  return results
    .flatMap(({ name, status, found, command, details = [] }) => {
      const [first = "", ...rest] = wrapped(harmless(found));
      const line = `${paint[TONES[status]](status.padEnd(4))} ${name.padEnd(width)} ${first}`;
      const isTold = status !== "ok" || name === "memory";
      const more = isTold ? details.flatMap((detail) => wrapped(harmless(detail))) : [];
      const mend = command === undefined ? [] : [paint.strong(`→ ${harmless(command)}`)];
      return [line, ...[...rest, ...more.map((text) => paint.faint(text)), ...mend].map((text) => `${indent}${text}`)];
    })
    .join("\n");
}
