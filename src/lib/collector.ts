import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collector = (options: { readonly type: "major" | "minor"; readonly execution: "sync"; flavor?: string }) => void;

let collector: Collector | undefined;

/** V8's own, which a process gets without being started with --expose-gc. */
function exposed(): Collector {
  if (collector) return collector;
  setFlagsFromString("--expose-gc");
  collector = runInNewContext("gc") as Collector;
  return collector;
}

/** As a last resort: code that was not used lately and empty pages go as well, 2 MB of an idle daemon. */
export function collectAll(): void {
  exposed()({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** What was collected less long ago has left nothing to find that is worth another stop. */
const REST_MS = 1000;
let collection: Promise<void> | undefined;
let collectedAtMs = -Infinity;

/**
 * What is nobody's any more, for whoever asks while others are served: in a turn of the event loop of its own, once for all who
 * ask at the same time or a moment later. Pages that fall empty stay with V8: to give them back takes three times as long, and is
 * done when there is little to do, or when memory is short.
 */
export function collectInTurn(): Promise<void> {
  collection ??= inTurn().finally(() => (collection = undefined));
  return collection;
}

async function inTurn(): Promise<void> {
  if (performance.now() - collectedAtMs < REST_MS) return;
  await nextTurn();
  exposed()({ type: "major", execution: "sync" });
  collectedAtMs = performance.now();
}

/** As a last resort, where memory is short: what the first turn of two has left is less than all at once. */
export async function collectAllInTurns(): Promise<void> {
  await nextTurn();
  exposed()({ type: "major", execution: "sync" });
  await nextTurn();
  collectAll();
}

/** What is new and nobody's any more; a millisecond or two. */
export function collectYoung(): void {
  exposed()({ type: "minor", execution: "sync" });
}
