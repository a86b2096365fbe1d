import { StoreFault } from "./store.ts";

export interface Migration {
  readonly version: number;
  /** The oldest release's schema whose program can still work with the tables as they are afterwards. */
  readonly readableFrom: number;
  readonly sqlite: string;
  readonly postgres: string;
}

/** A schema as it was found. */
export interface FoundSchema {
  readonly version: number;
  readonly readableFrom: number;
}

const LATENCY = ["memory", "redis", "computed"].flatMap((name) =>
  ["p50", "p90", "p99"].map((part) => `${name}_${part}`),
);

function minutes(int: string, real: string): string {
  return `CREATE TABLE combot_minutes (id text PRIMARY KEY, at_ms ${int} NOT NULL, span_ms ${int} NOT NULL,
    requests ${int} NOT NULL, texts ${int} NOT NULL, errors ${int} NOT NULL, hits ${int} NOT NULL,
    misses ${int} NOT NULL, recycles ${int} NOT NULL, users ${int} NOT NULL, usage ${real}, level ${int},
    ${LATENCY.map((name) => `${name} ${real}`).join(", ")});
  CREATE INDEX combot_minutes_at ON combot_minutes (at_ms);`;
}

function decisions(int: string, json: string): string {
  return `CREATE TABLE combot_decisions (id text PRIMARY KEY, at_ms ${int} NOT NULL, action text NOT NULL,
    reason text NOT NULL, body ${json} NOT NULL);
  CREATE INDEX combot_decisions_at ON combot_decisions (at_ms);
  CREATE TABLE combot_alerts (id text PRIMARY KEY, at_ms ${int} NOT NULL, name text NOT NULL, state text NOT NULL,
    body ${json} NOT NULL);
  CREATE INDEX combot_alerts_at ON combot_alerts (at_ms);`;
}

function texts(int: string): string {
  return `CREATE TABLE combot_texts (digest text PRIMARY KEY, count ${int} NOT NULL, last_seen_ms ${int} NOT NULL, text text);
  CREATE INDEX combot_texts_count ON combot_texts (count);
  CREATE TABLE combot_applied (id text PRIMARY KEY, at_ms ${int} NOT NULL, attempt text NOT NULL);`;
}

/** What a monitor would have shown at the end of each minute. */
function moments(int: string, json: string): string {
  return `CREATE TABLE combot_moments (id text PRIMARY KEY, at_ms ${int} NOT NULL, body ${json} NOT NULL);
  CREATE INDEX combot_moments_at ON combot_moments (at_ms);`;
}

/** Texts that were not understood, with the labels that somebody gave them; and what was decided, minute by minute. */
function inbox(int: string, real: string): string {
  return `CREATE TABLE combot_inbox (model text NOT NULL, digest text NOT NULL, count ${int} NOT NULL,
    ambiguous ${int} NOT NULL, label text NOT NULL, score ${real} NOT NULL, last_seen_ms ${int} NOT NULL, text text,
    given text, given_at_ms ${int}, PRIMARY KEY (model, digest));
  CREATE INDEX combot_inbox_count ON combot_inbox (count);
  CREATE TABLE combot_answers (id text PRIMARY KEY, at_ms ${int} NOT NULL, model text NOT NULL, basis text NOT NULL,
    decided ${int} NOT NULL, unsure ${int} NOT NULL);
  CREATE INDEX combot_answers_at ON combot_answers (at_ms);
  ALTER TABLE combot_minutes ADD COLUMN decided ${int};
  ALTER TABLE combot_minutes ADD COLUMN unsure ${int};`;
}

/** What came of each model in a minute. An earlier release neither writes nor removes any of it, and needs none. */
function modelMinutes(int: string, real: string): string {
  return `CREATE TABLE combot_model_minutes (id text PRIMARY KEY, at_ms ${int} NOT NULL, model text NOT NULL,
    requests ${int} NOT NULL, failures ${int} NOT NULL, texts ${int} NOT NULL, cached_texts ${int} NOT NULL,
    answered_ms ${real} NOT NULL, p99_ms ${real}, loads ${int} NOT NULL, evictions ${int} NOT NULL);
  CREATE INDEX combot_model_minutes_at ON combot_model_minutes (at_ms);
  CREATE INDEX combot_model_minutes_of ON combot_model_minutes (model, at_ms);`;
}

/** Never changed once released: a later release appends. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    readableFrom: 1,
    sqlite: decisions("integer", "text") + minutes("integer", "real"),
    postgres: decisions("bigint", "jsonb") + minutes("bigint", "double precision"),
  },
  { version: 2, readableFrom: 1, sqlite: texts("integer"), postgres: texts("bigint") },
  { version: 3, readableFrom: 1, sqlite: moments("integer", "text"), postgres: moments("bigint", "jsonb") },
  { version: 4, readableFrom: 1, sqlite: inbox("integer", "real"), postgres: inbox("bigint", "double precision") },
  {
    version: 5,
    readableFrom: 1,
    sqlite: modelMinutes("integer", "real"),
    postgres: modelMinutes("bigint", "double precision"),
  },
];

export const SCHEMA_TABLE = `CREATE TABLE IF NOT EXISTS combot_schema
  (version integer PRIMARY KEY, readable_from integer NOT NULL, applied_at_ms bigint NOT NULL)`;

/** The newest row. */
export const READ_SCHEMA = `SELECT version, readable_from FROM combot_schema ORDER BY version DESC LIMIT 1`;
export const WRITE_SCHEMA = `INSERT INTO combot_schema (version, readable_from, applied_at_ms) VALUES (?1, ?2, ?3)`;

/**
 * What is to be run, in order. A newer schema that says it suits this release is used as it is.
 *
 * @throws {StoreFault} `newer`
 */
export function pendingMigrations(found: FoundSchema | undefined): readonly Migration[] {
  const own = MIGRATIONS.at(-1)?.version ?? 0;
  if (found && found.version > own && found.readableFrom > own)
    throw new StoreFault(
      "newer",
      `the journal has schema ${found.version}, which a later release of combot wrote; this one knows ${own}`,
    );
  return MIGRATIONS.filter(({ version }) => version > (found?.version ?? 0));
}
