import { COLUMNS, HISTORY_COLUMNS, MODEL_HISTORY_COLUMNS } from "./columns.ts";
import type { Column } from "./columns.ts";
import type { Dialect, Statement } from "./dialect.ts";
import type { EventKind } from "./events.ts";
import { countUnsure, inboxStatements } from "./inbox-statements.ts";
import type { InboxStatements } from "./inbox-statements.ts";

export const TABLES: Readonly<Record<EventKind, string>> = {
  decision: "combot_decisions",
  minute: "combot_minutes",
  moment: "combot_moments",
  alert: "combot_alerts",
  texts: "combot_texts",
  inbox: "combot_inbox",
  answers: "combot_answers",
  models: "combot_model_minutes",
};

/** A row of these has a time of its own. */
const DATED: readonly string[] = [
  TABLES.decision,
  TABLES.minute,
  TABLES.moment,
  TABLES.alert,
  TABLES.answers,
  TABLES.models,
  "combot_applied",
];

/** Texts kept, asked least of all those goes first. */
const TEXTS_KEPT = 10_000;
/** Rows removed at a time, so that nobody waits for a lock for long. */
const PRUNED_AT_ONCE = 1000;

export interface Statements {
  readonly inbox: InboxStatements;
  readonly write: Readonly<Record<EventKind, readonly Statement[]>>;
  /** Writes a row and takes it away, in one transaction: ?1 its id, of a kind that no event has. */
  readonly probe: readonly string[];
  /** ?1 since, ?2 limit, ?3 the first time that is too late. */
  readonly decisions: string;
  readonly alerts: string;
  /** ?1 since, ?2 step, ?3 until as above. */
  readonly history: string;
  /** As `history`: the last one of each step, so that nobody reads more than he shows. */
  readonly moments: string;
  /** As `history`, by model and by what decided. */
  readonly answers: string;
  /** As `history`, of ?4 a model: stretches in which anything came of it. */
  readonly modelHistory: string;
  /** ?1 since, ?2 until: the models that anything came of. */
  readonly modelNames: string;
  /** The first minute that is kept. No parameter. */
  readonly oldest: string;
  /** ?1 limit. */
  readonly frequentTexts: string;
  /** ?1 before; the column `at_ms`. */
  readonly newest: string;
  /** ?1 before. */
  readonly prune: readonly string[];
  /** Of texts, those beyond what is kept. No parameter. */
  readonly pruneTexts: readonly string[];
}

/** The statements of the store, in one dialect: the two stores keep the same tables. */
export function statementsIn(dialect: Dialect): Statements {
  const { number, parameter } = dialect;
  const step = parameter(2, "int");
  const put = ({ name, together }: (typeof HISTORY_COLUMNS)[number]): string =>
    `${number(`${together}(${name})`)} AS ${name}`;
  return {
    write: {
      decision: [{ sql: insert("decision", dialect) }],
      minute: [{ sql: insert("minute", dialect) }],
      moment: [{ sql: insert("moment", dialect) }],
      alert: [{ sql: insert("alert", dialect) }],
      texts: countTexts(dialect),
      inbox: countUnsure(dialect),
      answers: [{ sql: insert("answers", dialect) }],
      models: [{ sql: insert("models", dialect) }],
    },
    inbox: inboxStatements(dialect),
    probe: [
      "INSERT INTO combot_applied (id, at_ms, attempt) VALUES (?1, 0, 'probe')",
      "DELETE FROM combot_applied WHERE id = ?1",
    ],
    decisions: newest(TABLES.decision),
    alerts: newest(TABLES.alert),
    // With an end Postgres takes the index also where it has no statistics yet: it then expects a third of the table
    // behind a start alone, and reads a year of minutes in 40 ms rather than 3.
    history: `SELECT ${number(`(at_ms / ${step}) * ${step}`)} AS at_ms, ${HISTORY_COLUMNS.map(put).join(", ")}
      FROM ${TABLES.minute} WHERE at_ms >= ?1 AND at_ms < ?3 GROUP BY 1 ORDER BY 1`,
    // Ids sort as the time does: of two in one minute, as a restart makes them, the later one counts.
    moments: `SELECT ${number("at_ms")} AS at_ms, body FROM ${TABLES.moment} WHERE id IN
      (SELECT max(id) FROM ${TABLES.moment} WHERE at_ms >= ?1 AND at_ms < ?3 GROUP BY at_ms / ${step}) ORDER BY 1`,
    answers: `SELECT ${number(`(at_ms / ${step}) * ${step}`)} AS at_ms, model, basis, ${number("sum(decided)")} AS decided,
      ${number("sum(unsure)")} AS unsure FROM ${TABLES.answers} WHERE at_ms >= ?1 AND at_ms < ?3
      GROUP BY 1, model, basis ORDER BY 1`,
    modelHistory: `SELECT ${number(`(at_ms / ${step}) * ${step}`)} AS at_ms, ${MODEL_HISTORY_COLUMNS.map(put).join(", ")}
      FROM ${TABLES.models} WHERE model = ?4 AND at_ms >= ?1 AND at_ms < ?3 GROUP BY 1 ORDER BY 1`,
    modelNames: `SELECT DISTINCT model FROM ${TABLES.models} WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY model`,
    oldest: `SELECT ${number("min(at_ms)")} AS at_ms FROM ${TABLES.minute}`,
    frequentTexts: `SELECT digest, ${number("count")} AS count, ${number("last_seen_ms")} AS last_seen_ms, text
      FROM ${TABLES.texts} ORDER BY combot_texts.count DESC, digest LIMIT ?1`,
    newest: `SELECT ${number("max(at_ms)")} AS at_ms FROM (${newestOfEach()}) AS n`,
    prune: [
      ...DATED.map((table) => prune(table, "id", "at_ms")),
      prune(TABLES.texts, "digest", "last_seen_ms"),
      prune(TABLES.inbox, "(model, digest)", "last_seen_ms"),
    ],
    pruneTexts: [
      pruneBeyond(TABLES.texts, "digest", "true"),
      // What somebody labelled is his work: it goes by its age alone.
      pruneBeyond(TABLES.inbox, "(model, digest)", "given IS NULL"),
    ],
  };
}

function insert(kind: EventKind, { rows, field }: Dialect): string {
  const columns: readonly Column[] = COLUMNS[kind];
  const names = columns.map(({ name }) => name).join(", ");
  return `INSERT INTO ${TABLES[kind]} (${names}) SELECT ${columns.map(field).join(", ")}
    FROM ${rows(columns)} WHERE true ON CONFLICT (id) DO NOTHING`;
}

/**
 * Counts can't be passed over when they come twice, as rows with an id are. So the event's id is kept with the attempt
 * that wrote it, and counts are added only by that one: the insert waits for another transaction with the same id.
 */
function countTexts({ rows, field }: Dialect): readonly Statement[] {
  const [id, at, digest, count, text] = COLUMNS.texts.map((column) => field(column));
  const from = rows(COLUMNS.texts);
  const once = `INSERT INTO combot_applied (id, at_ms, attempt) SELECT DISTINCT ${id}, ${at}, ?2
    FROM ${from} WHERE true ON CONFLICT (id) DO NOTHING`;
  const add = `INSERT INTO combot_texts (digest, count, last_seen_ms, text)
    SELECT ${digest}, sum(${count}), max(${at}), max(${text}) FROM ${from}
    WHERE EXISTS (SELECT 1 FROM combot_applied a WHERE a.id = ${id} AND a.attempt = ?2) GROUP BY ${digest}
    ON CONFLICT (digest) DO UPDATE SET count = combot_texts.count + excluded.count,
      last_seen_ms = CASE WHEN excluded.last_seen_ms > combot_texts.last_seen_ms THEN excluded.last_seen_ms
        ELSE combot_texts.last_seen_ms END,
      text = coalesce(excluded.text, combot_texts.text)`;
  return [
    { sql: once, wantsAttempt: true },
    { sql: add, wantsAttempt: true },
  ];
}

function newest(table: string): string {
  return `SELECT body FROM (SELECT id, at_ms, body FROM ${table} WHERE at_ms > ?1 AND at_ms < ?3
    ORDER BY at_ms DESC, id DESC LIMIT ?2) AS n
    ORDER BY at_ms, id`;
}

function newestOfEach(): string {
  const dated = [TABLES.decision, TABLES.minute, TABLES.alert].map((table) => [table, "at_ms"]);
  const all = [...dated, [TABLES.texts, "last_seen_ms"], [TABLES.inbox, "last_seen_ms"]];
  return all
    .map(([table, time]) => `SELECT max(${time}) AS at_ms FROM ${table} WHERE ${time} < ?1`)
    .join(" UNION ALL ");
}

function prune(table: string, key: string, time: string): string {
  return `DELETE FROM ${table} WHERE ${key} IN
    (SELECT ${plain(key)} FROM ${table} WHERE ${time} < ?1 LIMIT ${PRUNED_AT_ONCE})`;
}

function pruneBeyond(table: string, key: string, which: string): string {
  return `DELETE FROM ${table} WHERE ${key} IN (SELECT ${plain(key)} FROM ${table} WHERE ${which}
    ORDER BY count DESC, last_seen_ms DESC LIMIT ${PRUNED_AT_ONCE} OFFSET ${TEXTS_KEPT})`;
}

/** A key of several columns stands in parentheses where it is compared, and without where it is selected. */
function plain(key: string): string {
  return key.replaceAll(/[()]/g, "");
}
