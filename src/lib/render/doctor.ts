import { harmless } from "../harmless.ts";
import type { Paint } from "./paint.ts";

interface Result {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly found: string;
  readonly command?: string;
  readonly details?: readonly string[];
}

const TONES = { ok: "good", warn: "careful", fail: "bad" } as const;

/** A line a check; what is not ok has its details and the command that mends it below. */
export function renderDoctor(results: readonly Result[], paint: Paint): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const indent = " ".repeat(6 + width);
  return results
    .flatMap(({ name, status, found, command, details = [] }) => {
      const line = `${paint[TONES[status]](status.padEnd(4))} ${name.padEnd(width)} ${harmless(found)}`;
      const isTold = status !== "ok" || name === "memory";
      const more = isTold ? details.map((detail) => paint.faint(`${indent}${harmless(detail)}`)) : [];
      return [line, ...more, ...(command === undefined ? [] : [`${indent}${paint.strong(`→ ${harmless(command)}`)}`])];
    })
    .join("\n");
}
