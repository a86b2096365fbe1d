import type { Dialect } from "../dialect.ts";

export const SQLITE: Dialect = {
  rows: () => "json_each(?1) AS r",
  field: ({ name, type }) => (type === "json" ? `r.value->'${name}'` : `r.value->>'${name}'`),
  number: (expression) => expression,
  // A number of JavaScript is bound as a real one, and dividing by that leaves a fraction.
  parameter: (index) => `CAST(?${index} AS INTEGER)`,
  // Where there is one max(), its row is the one that plain columns are of: https://sqlite.org/lang_select.html#bareagg
  lastOf: (value) => value,
};

/** The values of ?1, ?2 …: Node up to 22.19 and 24.6 binds such a parameter by its name, and never by its place. */
export function byName(...values: readonly (string | number)[]): Record<string, string | number> {
  return Object.fromEntries(values.map((value, index) => [`?${index + 1}`, value]));
}
