import type { ZooEntry } from "../entry.ts";
import { classics } from "./classics.ts";
import { earlier } from "./earlier.ts";
import { families } from "./families.ts";
import { layouts } from "./layouts.ts";
import { shapes } from "./shapes.ts";
import { special } from "./special.ts";

/** All of it, in parts that can be tried by themselves. */
export const groups = { earlier, families, classics, layouts, shapes, special } as const;

export const zoo: readonly ZooEntry[] = Object.values(groups).flat();
