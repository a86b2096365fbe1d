import { formatBytes } from "../units.ts";
import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";

interface ShownPart {
  readonly name: string;
  readonly what: string;
  readonly text: string;
}

/** Of a long part its end is shown: that is where the last lines of a log are. */
const SHOWN_LINES = 12;

/** The whole of it, or of each part so much that one sees what kind of thing it is. */
export function renderIssueParts(parts: readonly ShownPart[], paint: Paint, isWhole: boolean): string {
  return parts
    .map(({ name, text }) => {
      const lines = text.trimEnd().split("\n");
      const shown = isWhole ? lines : lines.slice(-SHOWN_LINES);
      const left = lines.length - shown.length;
      return [
        paint.strong(`── ${name}`),
        ...(left > 0 ? [paint.faint(`(${left} lines before; --show has them)`)] : []),
        ...shown,
      ].join("\n");
    })
    .join("\n\n");
}

export function renderIssueContents(parts: readonly ShownPart[], paint: Paint): string {
  const rows = parts.map(({ name, what, text }) => [name, formatBytes(Buffer.byteLength(text)), what]);
  const heads = ["FILE", "SIZE", "WHAT"].map((head) => paint.faint(head));
  return renderTable([{ head: heads[0]! }, { head: heads[1]!, align: "right" }, { head: heads[2]! }], rows);
}
