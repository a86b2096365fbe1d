import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/**
 * A folder of this test's own, gone when it ends. Its path is short: a socket's may have 107 bytes.
 *
 * @param atEnd of the test's context, where it runs beside others.
 */
export function temporaryFolder(atEnd: (remove: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "ct-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
