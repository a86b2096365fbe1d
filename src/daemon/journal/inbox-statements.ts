import { COLUMNS } from "./columns.ts";
import type { Column } from "./columns.ts";
import type { Dialect, Statement } from "./dialect.ts";

export interface InboxStatements {
  /** ?1 since, ?2 least count, ?3 model, ?4 `open`, `labelled` or `all`, ?5 limit, ?6 offset: the most frequent first. */
  readonly list: string;
  /** ?1 since, ?2 model: by model and label. */
  readonly counts: string;
  /** ?1 the rows of GIVEN_COLUMNS as JSON. Says which it found. */
  readonly label: string;
  /** ?1 the digests as a JSON array of `{"digest"}`; `forgetAll` takes no parameter. */
  readonly forget: readonly string[];
  readonly forgetAll: readonly string[];
}

/** A label that somebody gives a text, or null where he takes it back. */
const GIVEN_COLUMNS: readonly Column[] = [
  { name: "model", type: "text" },
  { name: "digest", type: "text" },
  { name: "given", type: "text" },
  { name: "at_ms", type: "int" },
];

const DIGEST_COLUMNS: readonly Column[] = [{ name: "digest", type: "text" }];

const INBOX = "combot_inbox";
const TEXTS = "combot_texts";

export function inboxStatements(dialect: Dialect): InboxStatements {
  const { number, rows, field } = dialect;
  const [model, digest, given, at] = GIVEN_COLUMNS.map(field);
  const [gone] = DIGEST_COLUMNS.map(field);
  const forget = (table: string): string =>
    `DELETE FROM ${table} WHERE digest IN (SELECT ${gone} FROM ${rows(DIGEST_COLUMNS)})`;
  return {
    list: `SELECT model, digest, ${number("count")} AS count, ${number("ambiguous")} AS ambiguous, label, score,
      ${number("last_seen_ms")} AS last_seen_ms, text, given FROM ${INBOX}
      WHERE text IS NOT NULL AND last_seen_ms >= ?1 AND combot_inbox.count >= ?2 AND model = ?3
        AND (?4 = 'all' OR (given IS NULL) = (?4 = 'open'))
      ORDER BY combot_inbox.count DESC, combot_inbox.last_seen_ms DESC, digest LIMIT ?5 OFFSET ?6`,
    counts: `SELECT model, label, ${number("sum(count)")} AS count, ${number("sum(ambiguous)")} AS ambiguous FROM ${INBOX}
      WHERE last_seen_ms >= ?1 AND model = ?2 GROUP BY model, label ORDER BY 3 DESC, label`,
    label: `UPDATE ${INBOX} SET given = ${given}, given_at_ms = ${at} FROM ${rows(GIVEN_COLUMNS)}
      WHERE ${INBOX}.model = ${model} AND ${INBOX}.digest = ${digest} AND ${INBOX}.text IS NOT NULL
      RETURNING ${INBOX}.digest AS digest`,
    forget: [forget(INBOX), forget(TEXTS)],
    forgetAll: [`DELETE FROM ${INBOX}`, `DELETE FROM ${TEXTS}`],
  };
}

/** As texts are counted (see countTexts), with what came of the last one. */
export function countUnsure({ rows, field, lastOf }: Dialect): readonly Statement[] {
  const [id, at = "", model, digest, count, ambiguous, label = "", score = "", text = ""] = COLUMNS.inbox.map(
    (column) => field(column),
  );
  const from = rows(COLUMNS.inbox);
  const once = `INSERT INTO combot_applied (id, at_ms, attempt) SELECT DISTINCT ${id}, ${at}, ?2
    FROM ${from} WHERE true ON CONFLICT (id) DO NOTHING`;
  const add = `INSERT INTO ${INBOX} (model, digest, count, ambiguous, label, score, last_seen_ms, text)
    SELECT ${model}, ${digest}, sum(${count}), sum(${ambiguous}), ${lastOf(label, at)}, ${lastOf(score, at)}, max(${at}),
      ${lastOf(text, at)} FROM ${from}
    WHERE EXISTS (SELECT 1 FROM combot_applied a WHERE a.id = ${id} AND a.attempt = ?2) GROUP BY ${model}, ${digest}
    ON CONFLICT (model, digest) DO UPDATE SET count = ${INBOX}.count + excluded.count,
      ambiguous = ${INBOX}.ambiguous + excluded.ambiguous, label = excluded.label, score = excluded.score,
      last_seen_ms = CASE WHEN excluded.last_seen_ms > ${INBOX}.last_seen_ms THEN excluded.last_seen_ms
        ELSE ${INBOX}.last_seen_ms END,
      text = coalesce(excluded.text, ${INBOX}.text)`;
  return [
    { sql: once, wantsAttempt: true },
    { sql: add, wantsAttempt: true },
  ];
}
