import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CombotError, messageOf, systemCodeOf } from "../../lib/errors.ts";
import type {
  BackupEvent,
  BackupFacts,
  BackupProgress,
  BackupRequest,
  BackupsReply,
  RestoreEvent,
  RestoreRequest,
  RestoreResult,
} from "../../lib/protocol/backup.ts";
import { problemOf } from "../../lib/protocol/problem.ts";
import { readFacts } from "../backup/facts.ts";
import { BACKUP_FILES, backupNameOf } from "../backup/files.ts";
import { BackupFolder } from "../backup/folder.ts";
import { checkSums, damaged } from "../backup/sums.ts";
import type { RedisConnection } from "../cache/redis-connection.ts";
import { VALUE_TTL_SECONDS } from "../cache/shared-values.ts";
import type { Journal } from "../journal/journal.ts";
import { StoreFault } from "../journal/store.ts";
import { checkEntries, restoreEntries, saveEntries } from "./backup-cache.ts";
import type { MostTtlMs } from "./backup-cache.ts";

export interface BackupParts {
  /** Of all backups. */
  readonly dir: string;
  readonly version: string;
  readonly keep: () => number;
  /** Undefined where DATABASE_URL is off. */
  readonly journal: Journal | undefined;
  /** CACHE_TTL of the moment. */
  readonly answerTtlMs: () => number;
  /** Undefined where it is off. */
  readonly redis: RedisConnection | undefined;
  /** In force, secrets hidden. */
  readonly settings: () => readonly object[];
  /** Which are served by which names, from where, and how they are kept: to be put back by hand, as settings are. */
  readonly models: () => readonly object[];
  readonly clock: () => Date;
  /** Told of backups that are neither counted nor removed, since their names say nothing of their age. */
  readonly onUnjudged: (names: readonly string[]) => void;
  /** Told of a defect. */
  readonly onFailure: (error: unknown) => void;
}

/** What a piece of work says on its way. */
interface Telling {
  readonly event: "progress";
  readonly data: BackupProgress;
}

const POSTGRES_NOTE = "The journal is in Postgres, which is its owner's to back up: pg_dump.";

/** Makes backups and takes them back, one at a time; goes on where whoever asked for it has gone. */
export class Backups {
  readonly #parts: BackupParts;
  readonly #folder: BackupFolder;
  readonly #stop = new AbortController();
  #isBusy = false;

  constructor(parts: BackupParts) {
    this.#parts = parts;
    this.#folder = new BackupFolder(parts.dir);
  }

  /** What is under way fails, and leaves nothing half done. */
  stop(): void {
    this.#stop.abort();
  }

  /**
   * To be called before the first backup: the next one may be a day away, and what a killed daemon left half done takes
   * room meanwhile. What can't be removed is told by the backup that tries it again.
   */
  async sweep(): Promise<void> {
    await this.#folder.sweep().catch(() => undefined);
  }

  async list(): Promise<BackupsReply> {
    return { folder: this.#folder.path, backups: await this.#folder.list() };
  }

  /** @throws {CombotError} `BACKUP_RUNNING` before anything is done; all else is an event. */
  backup(request: BackupRequest): AsyncGenerator<BackupEvent, void> {
    return this.#alone(this.#backup(request));
  }

  /** @throws {CombotError} as `backup`. */
  restore(request: RestoreRequest): AsyncGenerator<RestoreEvent, void> {
    return this.#alone(this.#restore(request));
  }

  #alone<E>(work: AsyncGenerator<E, void>): AsyncGenerator<E | Failed, void> {
    if (this.#isBusy) throw new CombotError("BACKUP_RUNNING", "A backup or a restore is under way.");
    this.#isBusy = true;
    return this.#guarded(work);
  }

  /** A stream has begun, so a failure is its last event. */
  async *#guarded<E>(work: AsyncGenerator<E, void>): AsyncGenerator<E | Failed, void> {
    try {
      yield* work;
    } catch (error) {
      yield { event: "failed", data: problemOf(this.#failureOf(error)) };
    } finally {
      this.#isBusy = false;
    }
  }

  async *#backup({ sessions = false }: BackupRequest): AsyncGenerator<BackupEvent, void> {
    const from = performance.now();
    const { clock, keep, settings, models, version, onUnjudged } = this.#parts;
    const at = clock();
    const name = backupNameOf(at);
    const part = await this.#folder.begin(name);
    try {
      yield progress("journal", 0, null);
      const journal = await this.#saveJournal(part);
      const cache = yield* saveEntries(this.#redis(), join(part, BACKUP_FILES.cache), sessions, this.#stop.signal);
      const facts: BackupFacts = { format: 1, name, at: at.toISOString(), version, ...journal, ...cache };
      await writeJson(join(part, BACKUP_FILES.settings), { settings: settings() });
      await writeJson(join(part, BACKUP_FILES.models), { models: models() });
      await writeJson(join(part, BACKUP_FILES.facts), facts);
      const { folder, bytes } = await this.#folder.finish(part, name);
      const { removed, unjudged } = await this.#folder.retain(name, keep());
      if (unjudged.length > 0) onUnjudged(unjudged);
      const kept = { removed: [...removed], unjudged: [...unjudged] };
      yield { event: "done", data: { ...facts, folder, bytes, ...kept, durationMs: since(from) } };
    } finally {
      await this.#folder.discard(part);
    }
  }

  async #saveJournal(part: string): Promise<Pick<BackupFacts, "journal" | "journalNote">> {
    const { journal } = this.#parts;
    if (!journal) return { journal: null, journalNote: "DATABASE_URL is off: there is no journal." };
    const file = await journal.file();
    if (!file) return { journal: null, journalNote: POSTGRES_NOTE };
    return { journal: await file.backup(join(part, BACKUP_FILES.journal)), journalNote: null };
  }

  async *#restore({ name, sessions = false, dryRun = false }: RestoreRequest): AsyncGenerator<RestoreEvent, void> {
    const from = performance.now();
    const folder = await this.#folder.find(name);
    const checked: BackupProgress[] = [];
    yield progress("check", 0, null);
    const files = await checkSums(folder, (done, total) => checked.push({ step: "check", done, total }));
    for (const data of checked) yield { event: "progress", data };
    const facts = await readFacts(folder, name);
    if (facts.journal && !files.has(BACKUP_FILES.journal)) throw damaged(`${BACKUP_FILES.journal} is missing`);
    if (facts.cache && !files.has(BACKUP_FILES.cache)) throw damaged(`${BACKUP_FILES.cache} is missing`);
    const entries = join(folder, BACKUP_FILES.cache);
    const held = facts.cache && (await checkEntries(entries, facts.cache));
    const journal = await this.#restoreJournal(folder, facts, dryRun);
    const wanted = held && { ...held, sessions: sessions ? held.sessions : 0 };
    let cache: Pick<RestoreResult, "cache" | "cacheNote"> = { cache: wanted, cacheNote: facts.cacheNote };
    if (wanted && !dryRun)
      cache = yield* restoreEntries(
        this.#redis(),
        entries,
        { sessions, wanted, mostTtlMs: this.#mostTtlMs() },
        this.#stop.signal,
      );
    yield { event: "done", data: { name, at: facts.at, dryRun, ...journal, ...cache, durationMs: since(from) } };
  }

  async #restoreJournal(
    folder: string,
    { journal: rows, journalNote }: BackupFacts,
    dryRun: boolean,
  ): Promise<Pick<RestoreResult, "journal" | "journalNote">> {
    if (!rows) return { journal: null, journalNote };
    const { journal } = this.#parts;
    if (!journal) return { journal: null, journalNote: "DATABASE_URL is off: there is no journal to restore." };
    const file = await journal.file();
    if (!file) return { journal: null, journalNote: POSTGRES_NOTE };
    const path = join(folder, BACKUP_FILES.journal);
    const backup = await file.inspect(path).catch(asDamage);
    const present = await file.rows().catch(() => null);
    if (!dryRun) await file.restore(path);
    return { journal: { backup, present }, journalNote: null };
  }

  /** What combot itself would give each: a backup that was edited must not leave entries that never go. */
  #mostTtlMs(): MostTtlMs {
    const { product, session } = VALUE_TTL_SECONDS;
    return { answers: this.#parts.answerTtlMs(), products: product * 1000, sessions: session * 1000 };
  }

  #redis(): RedisConnection | undefined {
    return this.#parts.redis;
  }

  #failureOf(error: unknown): CombotError {
    if (error instanceof CombotError) return error;
    if (this.#stop.signal.aborted) return new CombotError("SHUTTING_DOWN", "The daemon is stopping.");
    if (error instanceof StoreFault) return new CombotError("JOURNAL_UNAVAILABLE", error.message);
    if (systemCodeOf(error) === undefined) this.#parts.onFailure(error);
    return new CombotError("BACKUP_FAILED", messageOf(error));
  }
}

type Failed = Extract<BackupEvent, { event: "failed" }>;

function progress(step: BackupProgress["step"], done: number, total: number | null): Telling {
  return { event: "progress", data: { step, done, total } };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: "wx" });
}

/** Of a copy that can't be used, nothing is taken. */
function asDamage(error: unknown): never {
  if (error instanceof StoreFault) throw damaged(error.message);
  throw error;
}

function since(fromMs: number): number {
  return Math.round(performance.now() - fromMs);
}
