import type { KeptMoment, KeptText } from "./store.ts";

/** A row of the table of texts. */
export function textOf(row: Readonly<Record<string, unknown>>): KeptText {
  return {
    digest: String(row["digest"]),
    count: Number(row["count"]),
    lastSeenMs: Number(row["last_seen_ms"]),
    text: typeof row["text"] === "string" ? row["text"] : null,
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
