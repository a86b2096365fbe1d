import type {
  BackupProgress,
  BackupResult,
  BackupsReply,
  CacheEntries,
  JournalRows,
  RestoreResult,
} from "../protocol/backup.ts";
import { formatBytes, formatDuration } from "../units.ts";
import { renderTable } from "./table.ts";

const STEPS: Readonly<Record<BackupProgress["step"], string>> = {
  journal: "The journal",
  cache: "The cache",
  check: "Checking",
};

/** One line, while it is under way. */
export function renderBackupProgress({ step, done, total }: BackupProgress): string {
  if (done === 0) return `${STEPS[step]} …`;
  return `${STEPS[step]}: ${done}${total === null ? "" : ` of ${total}`}`;
}

export function renderBackup({ name, folder, bytes, removed, unjudged, durationMs, ...held }: BackupResult): string {
  const lines = [
    `Backup ${name}, ${formatBytes(bytes)}, in ${formatDuration(durationMs)}: ${folder}`,
    `journal  ${held.journal ? rowsOf(held.journal) : (held.journalNote ?? "")}`,
    `cache    ${held.cache ? entriesOf(held.cache) : (held.cacheNote ?? "")}`,
    ...(removed.length > 0 ? [`removed  ${removed.join(", ")} (BACKUP_KEEP)`] : []),
    ...(unjudged.length > 0 ? [`left     ${unjudged.join(", ")}: later than this one, or not combot's`] : []),
  ];
  return lines.join("\n");
}

export function renderBackups({ folder, backups }: BackupsReply): string {
  if (backups.length === 0) return `No backups in ${folder}.`;
  const rows = backups.map(({ name, bytes }) => [name, formatBytes(bytes)]);
  return renderTable([{ head: "BACKUP" }, { head: "SIZE", align: "right" }], rows);
}

/** What a restore did, or in a dry run would do. */
export function renderRestore({ name, dryRun, journal, journalNote, cache, cacheNote }: RestoreResult): string {
  const journalLine = journal
    ? `${rowsOf(journal.backup)}, in the place of ${journal.present ? rowsOf(journal.present) : "what can't be read"}`
    : (journalNote ?? "");
  const cacheLine = [cache && `${entriesOf(cache)}, over those of the same key`, cacheNote].filter(Boolean).join("; ");
  return [
    `Backup ${name} ${dryRun ? "would restore" : "is restored"}:`,
    `journal   ${journalLine}`,
    `cache     ${cacheLine}`,
    "settings  are in it for reference alone",
  ].join("\n");
}

function rowsOf({ decisions, minutes, alerts, texts }: JournalRows): string {
  return `${decisions} decisions, ${minutes} minutes, ${alerts} alerts, ${texts} texts`;
}

function entriesOf({ answers, products, sessions }: CacheEntries): string {
  return `${answers} answers, ${products} products, ${sessions} sessions`;
}
