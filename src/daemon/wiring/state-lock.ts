import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { failureBy, isFileShortage } from "../../lib/system-errors.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

/** Held for as long as the process lives, however it ends. */
export interface StateLock {
  /** Whoever finds the folder locked is told this socket. */
  tell(socket: string): void;
  release(): void;
}

export interface StateLockOptions {
  readonly dir: string;
  readonly waitMs?: number;
  /** Told where the folder can't be locked at all; it is used all the same. */
  readonly onUnlocked: (reason: string) => void;
}

const LOCK = "daemon.lock";
const HOLDER = "daemon.holder";
const RETRY_MS = 100;
/** One that was told to stop needs about as long to write what waits. */
const DEFAULT_WAIT_MS = hangLimitMs(5000);
const SQLITE_BUSY = 5;

/**
 * Keeps every other daemon from the state folder: two would remove each other's backups and prepared weights.
 *
 * Node has no flock, but its SQLite takes a record lock (fcntl(2)) on an empty file. The kernel gives that back when the
 * process ends, with SIGKILL too, and when it becomes another by execve; a worker that outlives the daemon does not have
 * it. It belongs to the file, so it holds between containers that share a volume and see no PID of each other's, and it
 * asks no file with a PID in it, which may be another process's by now. An abstract socket ends at the network
 * namespace, and a socket in the folder leaves a file behind that somebody has to find stale and replace, in two steps.
 *
 * Nothing else in this process may open the file: closing it anywhere would give the lock back.
 *
 * @throws {CombotError} `TOO_MANY_FILES`; `INSTANCE_RUNNING` with who holds it, if it was not free within `waitMs`.
 */
export async function lockState(options: StateLockOptions): Promise<StateLock | undefined> {
  const { dir, waitMs = DEFAULT_WAIT_MS, onUnlocked } = options;
  try {
    prepareFile(dir);
    for (let left = Math.ceil(waitMs / RETRY_MS); ; left--) {
      const database = take(join(dir, LOCK));
      if (database) return held(dir, database);
      if (left <= 0) break;
      await pause(RETRY_MS);
    }
  } catch (error) {
    refuseFileShortage(dir, error);
    onUnlocked(messageOf(error));
    return undefined;
  }
  throw new CombotError("INSTANCE_RUNNING", `${dir} is the state folder of another combot: ${readHolder(dir)}`);
}

/** SQLite doesn't say why it can't open a file. We don't hold the lock, so that opening it here gives nothing back. */
function refuseFileShortage(dir: string, thrown: unknown): void {
  const path = join(dir, LOCK);
  try {
    if (isFileShortage(thrown)) throw thrown;
    closeSync(openSync(path, "r"));
  } catch (error) {
    if (isFileShortage(error)) throw failureBy(error, "TOO_MANY_FILES", `${path} can't be opened: ${messageOf(error)}`);
  }
}

/** Its owner is the folder's: what root starts by hand must not lock its own user out. */
function prepareFile(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o750 });
  const path = join(dir, LOCK);
  if (statSync(path, { throwIfNoEntry: false })) return;
  closeSync(openSync(path, "a", 0o600));
  own(path, dir);
}

function own(path: string, dir: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dir);
  chownSync(path, uid, gid);
}

/** Undefined where another process has it. @throws where the file system has no locks, or the file can't be written. */
function take(path: string): DatabaseSync | undefined {
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -16; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

function held(dir: string, database: DatabaseSync): StateLock {
  writeHolder(dir, "which starts");
  // Held by this closure: collected as garbage, it would be closed.
  return { tell: (socket) => writeHolder(dir, `socket ${socket}`), release: () => database.close() };
}

/** For whoever is refused. A full disk costs no more than these words. */
function writeHolder(dir: string, what: string): void {
  const path = join(dir, HOLDER);
  const part = `${path}.new`;
  try {
    writeFileSync(part, `pid ${process.pid}, ${what}\n`, { mode: 0o600 });
    own(part, dir);
    renameSync(part, path);
  } catch {
    for (const left of [part, path]) rmSync(left, { force: true });
  }
}

function readHolder(dir: string): string {
  try {
    return readFileSync(join(dir, HOLDER), "utf8").trim();
  } catch {
    return "it does not say which";
  }
}
