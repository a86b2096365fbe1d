import type { Paint } from "./paint.ts";

interface Listed {
  readonly name: string;
  readonly about: string;
  readonly question: string;
}

/** Each page on one line, and the question it answers under that. */
export function renderDocList(pages: readonly Listed[], paint: Paint): string {
  const width = Math.max(...pages.map(({ name }) => name.length));
  return pages
    .map(({ name, about, question }) => {
      const gap = " ".repeat(width - name.length + 2);
      return `${paint.strong(name)}${gap}${about}\n${" ".repeat(width + 2)}${paint.faint(question)}`;
    })
    .join("\n");
}
