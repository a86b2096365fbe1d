import type { WarmProgress, WarmResult } from "../protocol/warm.ts";
import { formatDuration } from "../units.ts";

const WIDTH = 24;

/** One line, while it is under way. */
export function renderWarmProgress({ done, total, computed, known }: WarmProgress): string {
  const filled = total === 0 ? WIDTH : Math.floor((done / total) * WIDTH);
  const bar = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
  return `Warming ${bar} ${done} of ${total} texts: ${computed} computed, ${known} known`;
}

export function renderWarm({ total, done, computed, known, skipped, failed, stopped, durationMs }: WarmResult): string {
  if (total === 0) return "The journal knows no texts: it keeps them with JOURNAL_TEXT=on.";
  const counts = [
    `${computed} computed`,
    `${known} in the cache already`,
    ...(skipped > 0 ? [`${skipped} without room`] : []),
    ...(failed > 0 ? [`${failed} that can't be classified`] : []),
  ];
  const end = stopped === null ? "" : `\nStopped before the end: ${stopped}.`;
  return `${done} of ${total} texts in ${formatDuration(durationMs)}: ${counts.join(", ")}.${end}`;
}
