/** Edits (insert, delete, replace) that turn one text into the other: Levenshtein's distance, row by row. */
export function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

const NEAR = 2;

/** The known name that `name` is most likely a slip of: itself with `_FILE`, or the nearest within two edits. */
export function suggestName(name: string, known: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  if (known.includes(`${upper}_FILE`)) return `${upper}_FILE`;
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(upper, candidate) }));
  const nearest = ranked.toSorted((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance <= NEAR ? nearest.candidate : undefined;
}
