import type { Measured } from "./measurement.ts";
import { PARTS } from "./plans.ts";
import type { Part } from "./plans.ts";

export type ContenderName = "combot" | "stack" | "preloaded stack" | "combot in 8 bits";

/** Who takes part in what, in the order of their turns. */
export const TURNS: Readonly<Record<Part, readonly ContenderName[]>> = {
  "nothing cached": ["combot", "stack", "combot in 8 bits"],
  "by Zipf's law": ["combot", "stack"],
  "through recycles": ["combot", "stack", "preloaded stack"],
};

/** Of each part by contender: one of each round. */
export type Found = Readonly<Record<Part, Readonly<Partial<Record<ContenderName, Measured[]>>>>>;

export function emptyFound(): Found {
  const of = (part: Part): Found[Part] => Object.fromEntries(TURNS[part].map((name) => [name, []]));
  return Object.fromEntries(PARTS.map((part) => [part, of(part)])) as Record<Part, Found[Part]>;
}
