import { CombotError } from "../errors.ts";
import { ERRORS } from "../error-table.ts";
import type { BackupProgress } from "../protocol/backup.ts";
import type { Problem } from "../protocol/problem.ts";
import { renderBackupProgress } from "../render/backup.ts";
import { LiveLine } from "./live-line.ts";

type WorkEvent<R> =
  | { readonly event: "progress"; readonly data: BackupProgress }
  | { readonly event: "failed"; readonly data: Problem }
  | { readonly event: "done"; readonly data: R };

/**
 * Shows how far the daemon is, and has what came of it.
 *
 * @param output null: shows nothing. @throws {CombotError} what the work failed with.
 */
export async function followWork<R>(
  events: AsyncIterable<WorkEvent<R>>,
  output: NodeJS.WriteStream | null,
): Promise<R> {
  const line = output ? new LiveLine(output, () => performance.now()) : undefined;
  try {
    for await (const { event, data } of events) {
      if (event === "done") return data;
      if (event === "failed") throw failureOf(data);
      line?.show(renderBackupProgress(data), data.step);
    }
  } finally {
    line?.end();
  }
  throw new CombotError("DAEMON_UNREACHABLE", "The stream of events broke off.");
}

function failureOf({ code, detail }: Problem): CombotError {
  return new CombotError(Object.hasOwn(ERRORS, code) ? code : "INTERNAL", detail);
}
