import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../log/log.ts";
import { pruneCopies } from "../model/sealed-copy.ts";
import { preparedIn, prunePrepared, sweepPrepared } from "../prepared/pruning.ts";
import type { Needed } from "../residency/needed.ts";

/** Removes what the state folder has of models that nobody serves: their copies, and what was prepared of them. */
export async function prune(stateDir: string, { contents, digests, unread }: Needed, log: Logger): Promise<void> {
  tell(log, () => prunePrepared(preparedIn(stateDir), digests, unread));
  await pruneCopies(stateDir, contents).catch(failed(log));
}

/** While nothing else is copied, and what is served beside the first model is not known yet. */
export async function pruneAtStart(stateDir: string, content: string, log: Logger): Promise<void> {
  tell(log, () => sweepPrepared(preparedIn(stateDir)));
  await pruneCopies(stateDir, [content], Infinity).catch(failed(log));
}

function tell(log: Logger, remove: () => void): void {
  try {
    remove();
  } catch (error) {
    failed(log)(error);
  }
}

/** What is not removed takes room, and nothing more. */
function failed(log: Logger): (error: unknown) => void {
  return (error) => log.warn({ reason: messageOf(error) }, "what is kept of models that nobody needs was not removed");
}
