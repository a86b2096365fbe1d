import { writeFileSync } from "node:fs";
import type { Example } from "../../../../scripts/model/csv.ts";

export function writeRows(path: string, examples: readonly Example[]): void {
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  writeFileSync(path, `text,label\n${examples.map(({ text, label }) => `${cell(text)},${cell(label)}\n`).join("")}`);
}
