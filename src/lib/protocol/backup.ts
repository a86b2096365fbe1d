import { z } from "zod";
import { problem } from "./problem.ts";

const count = z.int().min(0);

/** When it was begun, UTC. */
const backupName = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/, "as 2026-01-31T03-30-00Z");

const journalRows = z.object({ decisions: count, minutes: count, alerts: count, texts: count });
const journalNote = z.string().nullable().describe("why the journal is not in it; null where it is");
const cacheNote = z.string().nullable().describe("why the cache is not in it, or not all of it; null where it is");
const cacheEntries = z.object({ answers: count, products: count, sessions: count });

/** What a backup holds, as it says itself. */
export const backupFacts = z.object({
  format: z.literal(1),
  name: backupName,
  at: z.iso.datetime(),
  version: z.string().describe("of the combot that made it"),
  journal: journalRows.nullable(),
  journalNote,
  cache: cacheEntries.nullable(),
  cacheNote,
});

export const backupRequest = z.strictObject({
  sessions: z.boolean().optional().describe("sessions as well; they may hold what users said"),
});

export const restoreRequest = z.strictObject({
  name: z.string().min(1).max(200).describe("as GET /api/backup/ lists it"),
  sessions: z.boolean().optional().describe("sessions as well, where the backup has them"),
  dryRun: z.boolean().optional().describe("check it and tell what would be replaced"),
});

const progress = z.object({
  step: z.enum(["journal", "cache", "check"]),
  done: count,
  total: count.nullable().describe("null where it is not known"),
});

/** The last event is `done` or `failed`. */
const common = [
  z.object({ event: z.literal("progress"), data: progress }),
  z.object({ event: z.literal("failed"), data: problem }),
] as const;

const backupResult = backupFacts.extend({
  folder: z.string(),
  bytes: count,
  removed: z.array(backupName).describe("older backups that made room for it"),
  unjudged: z
    .array(backupName)
    .describe("named later than this one (a clock was ahead), or not combot's: neither counted nor removed"),
  durationMs: z.number().min(0),
});

const restoreResult = z.object({
  name: backupName,
  at: z.iso.datetime().describe("when the backup was made"),
  dryRun: z.boolean(),
  journal: z
    .object({ backup: journalRows, present: journalRows.nullable().describe("what it takes the place of") })
    .nullable(),
  journalNote,
  cache: cacheEntries.nullable().describe("entries written to Redis; in a dry run, those that would be"),
  cacheNote,
  durationMs: z.number().min(0),
});

export const backupEvent = z.discriminatedUnion("event", [
  ...common,
  z.object({ event: z.literal("done"), data: backupResult }),
]);

export const restoreEvent = z.discriminatedUnion("event", [
  ...common,
  z.object({ event: z.literal("done"), data: restoreResult }),
]);

export const backupsReply = z.object({
  folder: z.string(),
  backups: z
    .array(z.object({ name: backupName, bytes: count }))
    .describe("oldest first; whether they are whole is checked when they are restored"),
});

export type BackupFacts = z.infer<typeof backupFacts>;
export type BackupRequest = z.infer<typeof backupRequest>;
export type BackupEvent = z.infer<typeof backupEvent>;
export type BackupResult = z.infer<typeof backupResult>;
export type BackupsReply = z.infer<typeof backupsReply>;
export type BackupProgress = z.infer<typeof progress>;
export type CacheEntries = z.infer<typeof cacheEntries>;
export type JournalRows = z.infer<typeof journalRows>;
export type RestoreRequest = z.infer<typeof restoreRequest>;
export type RestoreEvent = z.infer<typeof restoreEvent>;
export type RestoreResult = z.infer<typeof restoreResult>;
