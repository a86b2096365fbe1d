import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../log/log.ts";
import type { Models } from "../residency/models.ts";

/**
 * Looks at the repository when it is called, and has those loaded that are pinned; nobody waits for it.
 *
 * @returns what does that.
 */
export function openRepository({ repository }: Models, log: Logger): () => void {
  const scan = async (): Promise<void> => {
    const { added, changed, removed, failed } = await repository.rescan();
    if (added.length + changed.length + removed.length + failed.length > 0)
      log.info({ added, changed, removed, failed: failed.map(({ name }) => name) }, "models of the repository");
    for (const entry of repository.entries) if (repository.isPinned(entry)) entry.engine?.pool.load(1);
  };
  return () => {
    scan().catch((error: unknown) => log.error({ reason: messageOf(error) }, "the repository was not read"));
  };
}
