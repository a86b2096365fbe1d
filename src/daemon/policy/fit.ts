import { formatBytes } from "../../lib/units.ts";

export interface LoadedModel {
  /** Of the model file with its external data. */
  readonly modelBytes: number;
  /** Workers map one copy of packed weights instead of holding one each. */
  readonly shared: boolean;
  /** It has been tried on this machine: else its first load tries it, which takes more than a load. */
  readonly tried: boolean;
}

/** What the workers of a model take. */
export interface Load {
  /** Of each one that serves: pages that no file backs. */
  readonly anonymousBytes: number;
  /** The most that each one has of them while it loads: weights stand twice while a session is made of them. */
  readonly loadBytes: number;
  /** Of all together, however many they are: weights and libraries that they map. */
  readonly sharedBytes: number;
}

export interface Room {
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Share of the limit that a load may not cross. */
  readonly ceiling: number;
}

export interface FitVerdict {
  readonly fits: boolean;
  readonly neededBytes: number;
  readonly roomBytes: number;
  /** The arithmetic, for whoever has to act on it: follows "needs". */
  readonly detail: string;
}

/** Runtime, heap and activations of one worker beside its weights: 30 MB measured, with half as much again to breathe. */
const WORKER_BYTES = 48 * 1024 * 1024;
/** Packed weights over the model file: 440 MB from 268, 110 from 67. */
const PACKED_FACTOR = 1.65;
/** What a worker holds of a model that it packs for itself, over the model file. */
const OWN_FACTOR = 1.3;
/** The most that it has of it while it loads, or is tried: 130 MB measured for a file of 67. */
const LOADING_FACTOR = 2.6;

/** What workers of a model that nobody has measured yet will take. */
export function estimateLoad({ modelBytes, shared, tried }: LoadedModel): Load {
  // Where it is tried, the plain file is loaded whatever serves in the end.
  const loadBytes = WORKER_BYTES + (tried && shared ? 0 : modelBytes * LOADING_FACTOR);
  return shared
    ? { anonymousBytes: WORKER_BYTES, loadBytes, sharedBytes: modelBytes * PACKED_FACTOR }
    : { anonymousBytes: WORKER_BYTES + modelBytes * OWN_FACTOR, loadBytes, sharedBytes: 0 };
}

/** Whether `neededBytes` more stay below the ceiling. */
export function judgeFit(neededBytes: number, { usedBytes, limitBytes, ceiling }: Room): FitVerdict {
  const roomBytes = Math.max(0, ceiling * limitBytes - usedBytes);
  const sum = `${formatBytes(neededBytes)}; ${formatBytes(usedBytes)} of ${formatBytes(limitBytes)} are used`;
  const detail = `${sum}, so ${formatBytes(roomBytes)} are left below ${Math.round(ceiling * 100)}%`;
  return { fits: neededBytes <= roomBytes, neededBytes, roomBytes, detail };
}
