import { SIZES } from "../profiles.ts";
import type { Setting } from "../setting.ts";
import { databaseUrl } from "../store-types.ts";
import { durationMs, onOff, wholeNumber } from "../value-types.ts";

/** The journal of decisions and measurements, and its backups. */
export const JOURNAL_SETTINGS = {
  DATABASE_URL: {
    type: databaseUrl(),
    default: "sqlite:journal.db",
    secret: "url",
    file: "also",
    doc: "The journal's store; a relative SQLite path lies in COMBOT_STATE_DIR; off = no journal.",
  },
  DATABASE_POOL_MAX: {
    type: wholeNumber({ min: 1, max: 1000 }),
    sizes: SIZES.databasePoolMax,
    unit: "connections",
    doc: "Connections to Postgres at most.",
  },
  JOURNAL_TEXT: {
    type: onOff(),
    default: "off",
    doc: "Keep the texts of frequent questions, for warming, and those that were not understood, masked; a privacy choice.",
  },
  JOURNAL_RETENTION_DAYS: {
    type: durationMs("days", { min: 1, max: 3650 }),
    default: "30",
    unit: "days",
    doc: "How long the journal keeps anything.",
  },
  BACKUP_KEEP: {
    type: wholeNumber({ min: 1, max: 1000 }),
    sizes: SIZES.backupKeep,
    unit: "backups",
    doc: "Backups kept.",
  },
} as const satisfies Record<string, Setting>;
