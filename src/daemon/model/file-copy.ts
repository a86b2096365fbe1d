import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { CombotError, messageOf, systemCodeOf } from "../../lib/errors.ts";
import { stampOf } from "../../lib/file-stamp.ts";
import { formatBytes } from "../../lib/units.ts";
import { invalid } from "./invalid.ts";

// All of it blocks, for a process that does nothing else and may be killed.

const CHUNK_BYTES = 4 * 1024 * 1024;
/** The clock that files are stamped by moves in steps of 4 or 10 ms: what was written within the last one may be written again unseen. */
const CLOCK_STEP_MS = 20;
/** Left for the journal and what else is written. */
const RESERVE_BYTES = 4 * 1024 * 1024;

/** Told the file that is being read, after each piece of it. */
export type OnPiece = (path: string) => void;

/**
 * Copies a regular file: its blocks shared where the file system can, else its bytes.
 *
 * @returns the stamp of what was opened. @throws {CombotError} `MODEL_INVALID`, `NO_ROOM`
 */
export function copyFile(from: string, to: string, onPiece: OnPiece): string {
  mkdirSync(dirname(to), { recursive: true, mode: 0o750 });
  return withFile(from, (fd, stamp) => {
    if (!shareBlocks(fd, to)) copyBytes(fd, from, to, onPiece);
    onPiece(from);
    return stamp;
  });
}

export function hashFile(
  path: string,
  onPiece: OnPiece,
): { readonly stamp: string; readonly sha256: string; readonly bytes: number } {
  return withFile(path, (fd, stamp) => {
    const hash = createHash("sha256");
    let bytes = 0;
    for (const piece of piecesOf(fd, path, onPiece)) {
      hash.update(piece);
      bytes += piece.byteLength;
    }
    return { stamp, sha256: hash.digest("hex"), bytes };
  });
}

/** @throws {CombotError} `MODEL_INVALID`, also where it is longer than that. */
export function readSmallFile(path: string, mostBytes: number): { readonly stamp: string; readonly text: string } {
  return withFile(path, (fd, stamp) => {
    const { size } = fstatSync(fd);
    if (size > mostBytes)
      throw invalid(path, `it has ${formatBytes(size)}, and ${formatBytes(mostBytes)} are the most`);
    return {
      stamp,
      text: Buffer.concat([...piecesOf(fd, path, () => undefined)].map((piece) => Buffer.from(piece))).toString(),
    };
  });
}

/**
 * Waits until what is written from now on shows in the stamp. O_NONBLOCK, for a FIFO that nobody writes to would hold
 * whoever opens it.
 */
function withFile<T>(path: string, use: (fd: number, stamp: string) => T): T {
  const fd = openFile(path);
  try {
    const found = fstatSync(fd, { bigint: true });
    if (!found.isFile()) throw invalid(path, "it is no regular file");
    const ageMs = Date.now() - Number(found.ctimeMs);
    if (ageMs >= 0 && ageMs < CLOCK_STEP_MS) sleep(CLOCK_STEP_MS);
    return use(fd, stampOf(fstatSync(fd, { bigint: true })));
  } finally {
    closeSync(fd);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw invalid(path, systemCodeOf(error) === "ENOENT" ? "it is missing" : messageOf(error), error);
  }
}

/** By the descriptor, so that it is the file that was looked at, whatever its name leads to by now. */
function shareBlocks(fd: number, to: string): boolean {
  try {
    copyFileSync(`/proc/self/fd/${fd}`, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false; // another file system, or one that can't
  }
}

function copyBytes(fd: number, from: string, to: string, onPiece: OnPiece): void {
  const { size } = fstatSync(fd);
  checkRoom(dirname(to), size, from);
  const out = openSync(to, "w", 0o640);
  try {
    for (const piece of piecesOf(fd, from, onPiece)) write(out, piece);
  } catch (error) {
    if (systemCodeOf(error) !== "ENOSPC") throw error;
    throw new CombotError("NO_ROOM", `the disk of ${dirname(to)} is full: ${from} takes ${formatBytes(size)}`);
  } finally {
    closeSync(out);
  }
}

function checkRoom(folder: string, bytes: number, file: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const [free, needed] = [bavail * bsize, bytes + RESERVE_BYTES];
  if (free >= needed) return;
  throw new CombotError(
    "NO_ROOM",
    `a copy of ${file} needs ${formatBytes(needed)} in ${folder}, where ${formatBytes(free)} are free`,
  );
}

function* piecesOf(fd: number, path: string, onPiece: OnPiece): Generator<Buffer, void> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ;) {
    const length = readPiece(fd, buffer, at, path);
    if (length === 0) return;
    yield buffer.subarray(0, length);
    at += length;
    onPiece(path);
  }
}

function readPiece(fd: number, buffer: Buffer, at: number, path: string): number {
  try {
    return readSync(fd, buffer, 0, buffer.byteLength, at);
  } catch (error) {
    throw invalid(path, `it can't be read: ${messageOf(error)}`, error);
  }
}

function write(fd: number, piece: Buffer): void {
  for (let at = 0; at < piece.byteLength;) at += writeSync(fd, piece, at);
}

export function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
