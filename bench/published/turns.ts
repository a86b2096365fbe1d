import type { Load } from "./measurement.ts";
import type { Part } from "./plans.ts";

export type ContenderName = "combot" | "stack" | "preloaded stack" | "combot in 8 bits";

/** Who takes part in what, in the order of their turns. */
export const TURNS: Readonly<Record<Part, readonly ContenderName[]>> = {
  "nothing cached": ["combot", "stack", "combot in 8 bits"],
  "by Zipf's law": ["combot", "stack"],
  "through recycles": ["combot", "stack", "preloaded stack"],
};

type Rounds = Readonly<Partial<Record<ContenderName, Load[]>>>;
/** Of each part that is measured, by contender: one of each round. */
export type Found = Readonly<Partial<Record<Part, Rounds>>>;

export function emptyFound(parts: readonly Part[]): Found {
  const of = (part: Part): Rounds => Object.fromEntries(TURNS[part].map((name) => [name, []]));
  return Object.fromEntries(parts.map((part) => [part, of(part)]));
}

export function partsOf(found: Found): Part[] {
  return Object.keys(found) as Part[];
}
