import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** What somebody does to a folder that a model was loaded from. */
export const SWAPS = ["overwrite", "delete", "replace", "truncate"] as const;
export type Swap = (typeof SWAPS)[number];

export interface SwapOptions {
  /** The folder that a model was loaded from. */
  readonly live: string;
  /** The model whose files are put there. */
  readonly from: string;
  /** 0 to 1. */
  readonly random: () => number;
}

/** Longer than it takes to copy a model: what reads the folder meanwhile finds all that may be found. */
const LONGEST_PAUSE_MS = 15;

/** File by file, with pauses. */
export async function swap(what: Swap, { live, from, random }: SwapOptions): Promise<void> {
  const pause = (): Promise<void> => delay(random() * LONGEST_PAUSE_MS);
  const names = readdirSync(from).toSorted(() => random() - 0.5);
  if (what === "overwrite") {
    mkdirSync(live, { recursive: true });
    for (const name of names) {
      // Into the same file, where there is one.
      copyFileSync(join(from, name), join(live, name));
      await pause();
    }
  } else if (what === "replace") {
    const beside = `${live}.new`;
    rmSync(beside, { recursive: true, force: true });
    cpSync(from, beside, { recursive: true });
    rmSync(live, { recursive: true, force: true });
    await pause();
    renameSync(beside, live);
  } else if (what === "truncate") {
    const path = join(live, names.at(-1) ?? "");
    if (existsSync(path)) truncateSync(path, Math.floor(statSync(path).size * random()));
  } else if (random() < 0.5) rmSync(live, { recursive: true, force: true });
  else rmSync(join(live, names.at(-1) ?? ""), { force: true });
}

/** The same numbers for the same seed: https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
