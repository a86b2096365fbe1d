/** The files of a backup; others don't belong there. */
export const BACKUP_FILES = {
  facts: "backup.json",
  settings: "settings.json",
  models: "models.json",
  journal: "journal.db",
  cache: "cache.ndjson",
  /** Of all the others, as sha256sum writes and checks it; written last. */
  sums: "SHA256SUMS",
} as const;

export const BACKUP_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/;

export function backupNameOf(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
}
