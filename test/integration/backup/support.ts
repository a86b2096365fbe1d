import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { join } from "node:path";
import { Journal } from "../../../src/daemon/journal/journal.ts";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import { Backups } from "../../../src/daemon/jobs/backups.ts";
import type { RedisConnection } from "../../../src/daemon/cache/redis-connection.ts";
import type { BackupEvent, BackupResult, RestoreEvent, RestoreResult } from "../../../src/lib/protocol/backup.ts";

/** CACHE_TTL of the kit. */
export const ANSWER_TTL_MS = 1_750_000;

export interface Kit {
  readonly backups: Backups;
  readonly journal: Journal;
  /** The journal's file. */
  readonly path: string;
  /** Backups that it was said cannot be judged. */
  readonly unjudged: string[];
}

/** Backups over a journal and a Redis, as the daemon wires them. */
export function kitIn(
  folder: string,
  redis: RedisConnection | undefined,
  keep = 7,
  // Names have seconds.
  clock = (made: number) => new Date(Date.parse("2026-01-02T03:30:00Z") + 1000 * made),
): Kit {
  const path = join(folder, "journal.db");
  let made = 0;
  const unjudged: string[] = [];
  const journal = new Journal({
    store: new SqliteStore(path),
    retentionMs: 1e12,
    isFrugal: () => false,
    clocks: { wall: Date.now, monotonic: () => performance.now() },
    onHold: () => undefined,
    onState: () => undefined,
    random: () => String(++made),
  });
  journal.start();
  onTestFinished(() => journal.stop());
  const backups = new Backups({
    dir: join(folder, "backups"),
    version: "1.2.3",
    keep: () => keep,
    journal,
    answerTtlMs: () => ANSWER_TTL_MS,
    redis,
    settings: () => [{ name: "WORKERS", value: "2" }],
    models: () => [{ name: "mood", dir: "/srv/models/mood", pinned: true }],
    clock: () => clock(made++),
    onUnjudged: (names) => unjudged.push(...names),
    onFailure: (error) => {
      throw error;
    },
  });
  return { backups, journal, path, unjudged };
}

/** The last event. @throws its problem, where it has one. */
export async function resultOf<E extends BackupEvent | RestoreEvent>(
  events: AsyncIterable<E>,
): Promise<E extends { event: "done"; data: infer R extends BackupResult | RestoreResult } ? R : never> {
  for await (const { event, data } of events) {
    if (event === "done") return data as never;
    if (event === "failed") throw Object.assign(new Error(data.detail), { code: data.code });
  }
  throw new Error("the work ended without a result");
}

/** A file changed, and its sum with it. */
export function reseal(folder: string, name: string, content: string | Buffer): void {
  writeFileSync(join(folder, name), content);
  const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8").split("\n");
  const sum = createHash("sha256").update(content).digest("hex");
  const changed = sums.map((line) => (line.endsWith(`  ${name}`) ? `${sum}  ${name}` : line));
  writeFileSync(join(folder, "SHA256SUMS"), changed.join("\n"));
}
