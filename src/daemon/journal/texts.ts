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
