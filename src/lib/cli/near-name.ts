import { editDistance } from "../config/names.ts";

/** Slips of this share of a name's letters are still taken for a slip. */
const LARGEST_SLIP = 0.4;

/** The known name that `asked` is most likely a slip of. */
export function nearestName(asked: string, known: readonly string[]): string | undefined {
  return nearestBy(known, () => asked);
}

/** @param partOf what of the words asked is held against this name. */
export function nearestBy(known: readonly string[], partOf: (name: string) => string): string | undefined {
  const ranked = known.map((name) => {
    const part = partOf(name);
    return { name, slip: editDistance(part, name) / Math.max(part.length, name.length) };
  });
  const nearest = ranked.toSorted((a, b) => a.slip - b.slip)[0];
  return nearest && nearest.slip <= LARGEST_SLIP ? nearest.name : undefined;
}
