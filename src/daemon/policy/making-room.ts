import { formatBytes } from "../../lib/units.ts";

/** A model that has workers, as far as room can be made of it. Times are of one clock, in ms. */
export interface Resident {
  readonly name: string;
  /** Processes that it has. */
  readonly workers: number;
  /** Of these, those that may go while it is still served: never its last. */
  readonly surplus: number;
  /** What each of them gives back. */
  readonly workerBytes: number;
  /** What comes back beside with the last one: weights that they share. */
  readonly sharedBytes: number;
  readonly pinned: boolean;
  /** It is on its way, or room is being made for it: it does not go before it has come. */
  readonly arriving?: boolean;
  /** Texts of it wait or are computed. */
  readonly busy: boolean;
  readonly lastUsedAtMs: number;
  /** When it came to serve; what its load took. */
  readonly loadedAtMs: number;
  readonly loadTookMs: number;
}

/** A model that texts wait for, and that does not fit beside those that are here. */
export interface Wish {
  /** While it loads, which is when it takes most. */
  readonly neededBytes: number;
  /** What may still be taken below the ceiling; less than nothing where it is crossed. */
  readonly freeBytes: number;
  /** Of what is taken, that goes by itself in a moment: when loads of others are over, with workers on their way out. */
  readonly passingBytes: number;
  /** How long its oldest text has waited, and how long it may. */
  readonly waitedMs: number;
  readonly deadlineMs: number;
  readonly atMs: number;
}

export type RoomVerdict = { readonly detail: string } & (
  | { readonly act: "load" }
  | {
      readonly act: "make room";
      /** Workers to end of models that go on. */
      readonly shrink: readonly { readonly name: string; readonly workers: number }[];
      /** Models to end. */
      readonly evict: readonly string[];
    }
  | { readonly act: "wait"; readonly untilMs: number }
  | { readonly act: "refuse" }
);

/** A model that was loaded stays so many times as long as its load took: loading is then a tenth of the time at most. */
const STAY_FACTOR = 10;
/** Whoever has waited this share of its deadline waits for nobody's stay. */
const PATIENCE = 0.5;
const SOON_MS = 200;

/**
 * What makes room for a model: surplus workers of others first, then whole models, the least recently used first, that
 * are neither pinned nor busy and have stayed their time. Once half of a deadline has passed, busy ones too.
 */
export function chooseRoom(wish: Wish, residents: readonly Resident[]): RoomVerdict {
  const missing = wish.neededBytes - wish.freeBytes;
  const detail = sumOf(wish, residents);
  if (missing <= 0) return { act: "load", detail };
  // What goes by itself need not be made.
  const lasting = missing - wish.passingBytes;
  if (lasting > totalOf(residents)) return { act: "refuse", detail };
  const isOut = wish.waitedMs >= PATIENCE * wish.deadlineMs;
  if (lasting <= 0 && !isOut) return { act: "wait", untilMs: wish.atMs + SOON_MS, detail };
  const plan = planFor(isOut ? missing : lasting, residents, (one) => isOut || mayGo(one, wish.atMs));
  if (plan) return { act: "make room", ...plan, detail };
  return { act: "wait", untilMs: nextChance(wish, residents), detail };
}

function mayGo({ busy, loadedAtMs, loadTookMs }: Resident, atMs: number): boolean {
  return !busy && atMs - loadedAtMs >= STAY_FACTOR * loadTookMs;
}

/** All that could be given back, if nobody were asked. */
function totalOf(residents: readonly Resident[]): number {
  return residents.reduce((sum, one) => sum + (one.pinned ? surplusOf(one) : wholeOf(one)), 0);
}

function surplusOf({ surplus, workerBytes }: Resident): number {
  return surplus * workerBytes;
}

function wholeOf({ workers, workerBytes, sharedBytes }: Resident): number {
  return workers * workerBytes + sharedBytes;
}

interface Plan {
  readonly shrink: readonly { readonly name: string; readonly workers: number }[];
  readonly evict: readonly string[];
}

/** Undefined where those that may go are not enough: then nothing goes. */
function planFor(missing: number, residents: readonly Resident[], goes: (one: Resident) => boolean): Plan | undefined {
  const oldest = residents.toSorted((a, b) => a.lastUsedAtMs - b.lastUsedAtMs);
  const shrunk = new Map<string, number>();
  let left = missing;
  for (const { name, surplus, workerBytes } of oldest) {
    if (left <= 0 || surplus === 0 || workerBytes <= 0) continue;
    const workers = Math.min(surplus, Math.ceil(left / workerBytes));
    shrunk.set(name, workers);
    left -= workers * workerBytes;
  }
  const evict: string[] = [];
  // Those that are not asked for come before those that are, which go only when a deadline is near.
  for (const one of [...oldest.filter(({ busy }) => !busy), ...oldest.filter(({ busy }) => busy)]) {
    if (left <= 0) break;
    if (one.pinned || one.arriving || one.workers === 0 || !goes(one)) continue;
    evict.push(one.name);
    left -= wholeOf(one) - (shrunk.get(one.name) ?? 0) * one.workerBytes;
    shrunk.delete(one.name);
  }
  if (left > 0) return undefined;
  return { shrink: [...shrunk].map(([name, workers]) => ({ name, workers })), evict };
}

/** When to look again: a stay is over, or patience is. A model that falls idle before is told of by itself. */
function nextChance({ waitedMs, deadlineMs, atMs }: Wish, residents: readonly Resident[]): number {
  // Where that is over, something that is arriving is waited for.
  const outOfPatience = Math.max(atMs + SOON_MS, atMs + PATIENCE * deadlineMs - waitedMs);
  const stays = residents
    .filter(({ pinned, busy }) => !pinned && !busy)
    .map(({ loadedAtMs, loadTookMs }) => loadedAtMs + STAY_FACTOR * loadTookMs)
    .filter((untilMs) => untilMs > atMs);
  return Math.min(outOfPatience, ...stays);
}

/** `needs 610 MiB; 420 MiB free; 300 MiB pinned` */
function sumOf({ neededBytes, freeBytes }: Wish, residents: readonly Resident[]): string {
  const pinned = residents.filter((one) => one.pinned).reduce((sum, one) => sum + wholeOf(one), 0);
  const told = [`needs ${formatBytes(neededBytes)}`, `${formatBytes(Math.max(0, freeBytes))} free`];
  if (pinned > 0) told.push(`${formatBytes(pinned)} pinned`);
  return told.join("; ");
}
