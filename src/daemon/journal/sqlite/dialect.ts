import type { Dialect } from "../statements.ts";

export const SQLITE: Dialect = {
  rows: () => "json_each(?1) AS r",
  field: ({ name, type }) => (type === "json" ? `r.value->'${name}'` : `r.value->>'${name}'`),
  number: (expression) => expression,
  // A number of JavaScript is bound as a real one, and dividing by that leaves a fraction.
  parameter: (index) => `CAST(?${index} AS INTEGER)`,
};
