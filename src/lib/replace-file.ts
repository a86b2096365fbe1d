import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file beside the old one and puts it in its place: whoever reads has one or the other, whatever happens
 * meanwhile. A folder that is not there is made. What could not be written whole is removed, and what a process that was
 * killed left of it is written over. For files that one process writes.
 */
export async function replaceFile(path: string, text: string, mode = 0o640): Promise<void> {
  const beside = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  try {
    await writeFile(beside, text, { mode, flush: true });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** As `replaceFile`, where nobody waits for the event loop, and several processes may write the same file. */
export function replaceFileNow(path: string, text: string | Uint8Array, mode = 0o640): void {
  const beside = `${path}.${process.pid}.new`;
  try {
    writeFileSync(beside, text, { mode, flush: true });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
