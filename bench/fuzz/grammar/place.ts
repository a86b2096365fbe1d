import type { Schema } from "./values.ts";

/** Where a request goes. */
export interface Target {
  readonly method: string;
  readonly path: string;
  /** Of the body that belongs there. */
  readonly body?: Schema;
  /** Bodies that are taken, or nearly. */
  readonly examples?: readonly unknown[];
  /** Behind the JSON of its body bytes may come. */
  readonly hasTensors?: boolean;
  /** Its reply may have no end. */
  readonly isEndless: boolean;
}

export interface Place extends Omit<Target, "isEndless" | "path"> {
  readonly path: string;
  readonly query?: Schema;
  readonly isDear: boolean;
}
