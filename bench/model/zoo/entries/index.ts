import type { ZooEntry } from "../entry.ts";
import { classics } from "./classics.ts";
import { earlier } from "./earlier.ts";
import { families } from "./families.ts";
import { layouts } from "./layouts.ts";
import { shapes } from "./shapes.ts";
import { special } from "./special.ts";

export const zoo: readonly ZooEntry[] = [...earlier, ...families, ...classics, ...layouts, ...shapes, ...special];
