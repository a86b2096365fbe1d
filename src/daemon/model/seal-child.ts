import { writeSync } from "node:fs";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { shortageCodeOf } from "../../lib/shortage.ts";
import { takeLowestPriority } from "../../lib/own-priority.ts";
import type { SealFault, SealLine, SealRequest } from "./seal-protocol.ts";
import { compareFolder, findSealed, sealFolder } from "./sealing.ts";

/**
 * Reads and copies a model's folder, in a process of its own: a file system that doesn't answer holds whoever asks it,
 * for good where it is a network's, and this one can be given up.
 */
const STDOUT = 1;

function tell(line: SealLine): void {
  writeSync(STDOUT, `${JSON.stringify(line)}\n`);
}

async function answer(request: SealRequest): Promise<void> {
  const onPiece = (path: string): void => tell({ at: path });
  // It has begun: from here on it is the file system that is waited for.
  onPiece("dir" in request ? request.dir : request.store);
  if (request.do === "seal") tell({ answer: await sealFolder(request, onPiece) });
  else if (request.do === "find") tell({ answer: findSealed(request, onPiece) });
  else {
    // Nobody waits for it, and it may read gigabytes.
    takeLowestPriority();
    tell({ answer: await compareFolder(request, onPiece) });
  }
}

/** Not the folder's fault: the disk, or the machine. */
function faultOf(error: unknown): SealFault {
  const code = error instanceof CombotError ? error.code : undefined;
  if (code === "NO_ROOM" || code === "NO_PROCESS") return code;
  return shortageCodeOf(error) ?? "MODEL_INVALID";
}

try {
  await answer(JSON.parse(process.argv[2] ?? "") as SealRequest);
} catch (error) {
  tell({ error: { code: faultOf(error), detail: messageOf(error) } });
}
