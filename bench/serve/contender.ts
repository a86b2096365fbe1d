import type { ServedModel } from "../../src/daemon/model/served-model.ts";
import type { Address } from "../../src/lib/perf/load/address.ts";
import type { NamedProcess } from "./procfs.ts";

/** A server that can be measured, and runs now. */
export interface RunningContender {
  readonly address: Address;
  /** Of the call that classifies `text`. */
  readonly path: string;
  /** Sent with every text. */
  readonly extraFields: Readonly<Record<string, unknown>>;
  /** @param reply the body of an answer. @returns the label in it. */
  readonly labelOf: (reply: unknown) => string;
  /** Every process of its own, as they are now. */
  processes(): readonly NamedProcess[];
  /** Replaces each of its serving processes, one after another; resolves when it is done. */
  recycle(): Promise<void>;
  stop(): Promise<void>;
}

export interface Contender<Running extends RunningContender = RunningContender> {
  readonly name: string;
  /** Resolves when all of its processes serve. */
  start(): Promise<Running>;
}

export interface ContenderOptions {
  readonly model: ServedModel;
  /** Files that last longer than one start. */
  readonly folder: string;
}
