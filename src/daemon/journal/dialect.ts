import type { Column } from "./columns.ts";

/** Where the two databases differ. Parameters are written ?1, ?2 in both. */
export interface Dialect {
  /** The rows of the JSON array in ?1, as a table named r. */
  readonly rows: (columns: readonly Column[]) => string;
  /** Column `name` of r. */
  readonly field: (column: Column) => string;
  /** A sum as a plain number. */
  readonly number: (expression: string) => string;
  readonly parameter: (index: number, type: "int") => string;
  /** Of a group that has `max(by)` among what is selected, the value of its last row. */
  readonly lastOf: (value: string, by: string) => string;
}

export interface Statement {
  readonly sql: string;
  /** Beside the JSON of the rows: the attempt, where the statement wants it. */
  readonly wantsAttempt?: true;
}
