import type { DecidedStretch, InboxCount, InboxRow, KeptMoment, KeptText } from "./store.ts";

/** A row of the table of texts. */
export function textOf(row: Readonly<Record<string, unknown>>): KeptText {
  return {
    digest: String(row["digest"]),
    count: Number(row["count"]),
    lastSeenMs: Number(row["last_seen_ms"]),
    text: typeof row["text"] === "string" ? row["text"] : null,
  };
}

/** A row of the inbox. */
export function inboxRowOf(row: Readonly<Record<string, unknown>>): InboxRow {
  return {
    ...inboxCountOf(row),
    digest: String(row["digest"]),
    score: Number(row["score"]),
    lastSeenMs: Number(row["last_seen_ms"]),
    text: String(row["text"]),
    given: typeof row["given"] === "string" ? row["given"] : null,
  };
}

export function inboxCountOf({ model, label, count, ambiguous }: Readonly<Record<string, unknown>>): InboxCount {
  return { model: String(model), label: String(label), count: Number(count), ambiguous: Number(ambiguous) };
}

export function decidedOf(row: Readonly<Record<string, unknown>>): DecidedStretch {
  const { at_ms: atMs, model, basis, decided, unsure } = row;
  return {
    atMs: Number(atMs),
    model: String(model),
    basis: String(basis),
    decided: Number(decided),
    unsure: Number(unsure),
  };
}

/** A row of the table of moments; SQLite keeps JSON as text. */
export function momentOf({ at_ms: atMs, body }: Readonly<Record<string, unknown>>): KeptMoment {
  return { atMs: Number(atMs), body: typeof body === "string" ? (JSON.parse(body) as unknown) : body };
}

/** The time in a row that may have none. */
export function timeOf(row: Readonly<Record<string, unknown>> | undefined): number | null {
  const at = row?.["at_ms"] ?? null;
  return at === null ? null : Number(at);
}
