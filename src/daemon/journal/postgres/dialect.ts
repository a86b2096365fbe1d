import type { Column } from "../columns.ts";
import type { Dialect } from "../dialect.ts";

const TYPES: Readonly<Record<Column["type"], string>> = {
  text: "text",
  int: "bigint",
  real: "double precision",
  json: "jsonb",
};

export const POSTGRES: Dialect = {
  rows: (columns) => {
    const fields = columns.map(({ name, type }) => `${name} ${TYPES[type]}`).join(", ");
    return `jsonb_to_recordset(?1::jsonb) AS r(${fields})`;
  },
  field: ({ name }) => `r.${name}`,
  number: (expression) => `(${expression})::double precision`,
  parameter: (index) => `?${index}::bigint`,
  lastOf: (value, by) => `(array_agg(${value} ORDER BY ${by} DESC))[1]`,
};

/** ?1 is SQLite's way to write $1. */
export function numbered(sql: string): string {
  return sql.replaceAll(/\?(\d)/g, "$$$1");
}
