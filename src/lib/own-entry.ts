/** By a word of somebody else's, such as another machine's: `toString` and its like are in no table. */
export function ownEntry<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
