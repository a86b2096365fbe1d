import type { DatabaseSync } from "node:sqlite";
import { MIGRATIONS, SCHEMA_TABLE } from "../migrations.ts";

const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");

/** Tables and indexes as they were asked for; SQLite's own (sqlite_stat1) are nobody's to make by hand. */
const OBJECTS = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const PLAIN: readonly unknown[] = ["table", "index"];

/**
 * The first object that combot did not make, in words; undefined where there is none. Of a later release's schema only
 * what is no plain table or index counts as such: what else it has is not known here.
 */
export function strangeObject(database: DatabaseSync, version: number): string | undefined {
  const found = database.prepare(OBJECTS).all();
  const isKnown = MIGRATIONS.some((migration) => migration.version === version);
  const made = madeBy(version);
  const strange = found.find(({ type, name, sql }) =>
    isKnown ? made.get(String(name)) !== sql : !PLAIN.includes(type) || /^\s*CREATE\s+VIRTUAL/i.test(String(sql)),
  );
  // Whoever made it chose its name: it is not repeated.
  if (strange) return `a ${String(strange["type"])} that combot does not make`;
  if (isKnown && found.length < made.size) return "fewer tables than combot makes";
  return undefined;
}

function madeBy(version: number): ReadonlyMap<string, unknown> {
  const database = new Database(":memory:");
  try {
    database.exec(SCHEMA_TABLE);
    for (const migration of MIGRATIONS) if (migration.version <= version) database.exec(migration.sqlite);
    const objects = database.prepare(OBJECTS).all();
    return new Map(objects.map(({ name, sql }) => [String(name), sql]));
  } finally {
    database.close();
  }
}
