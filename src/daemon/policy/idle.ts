/** A worker as the idle rule sees it. */
export interface IdleWorker {
  readonly slot: number;
  readonly idle: boolean;
  /** Time since its last reply, or since it came to serve where it has given none. */
  readonly quietMs: number;
  /** In the place of the time that holds for all, where its model has one of its own. */
  readonly idleUnloadMs?: number | undefined;
  /** It stays, whatever the time. */
  readonly pinned?: boolean | undefined;
}

/**
 * When the last of these workers is unloaded if nobody asks anything more; null where none is.
 *
 * @param afterMs as for `chooseIdle`.
 */
export function idleUnloadInMs(workers: readonly Pick<IdleWorker, "quietMs">[], afterMs: number): number | null {
  if (afterMs < 0 || workers.length === 0) return null;
  return Math.max(...workers.map(({ quietMs }) => Math.max(0, afterMs - quietMs)));
}

/**
 * The workers to unload because nobody has asked them anything for so long.
 *
 * @param afterMs 0 = as soon as they are idle, −1 = never.
 */
export function chooseIdle(workers: readonly IdleWorker[], afterMs: number): number[] {
  const isDue = ({ idle, pinned, quietMs, idleUnloadMs = afterMs }: IdleWorker): boolean =>
    idle && !pinned && idleUnloadMs >= 0 && quietMs >= idleUnloadMs;
  return workers.filter(isDue).map(({ slot }) => slot);
}
