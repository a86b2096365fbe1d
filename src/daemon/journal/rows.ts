import type { KeptText } from "./store.ts";

/** A row of the table of texts. */
export function textOf(row: Readonly<Record<string, unknown>>): KeptText {
  return {
    digest: String(row["digest"]),
    count: Number(row["count"]),
    lastSeenMs: Number(row["last_seen_ms"]),
    text: typeof row["text"] === "string" ? row["text"] : null,
  };
}

/** The time in a row that may have none. */
export function timeOf(row: Readonly<Record<string, unknown>> | undefined): number | null {
  const at = row?.["at_ms"] ?? null;
  return at === null ? null : Number(at);
}
