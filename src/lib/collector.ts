import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
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
const LOOK_MS = 50;
/** Of the event loop's time. */
const BUSY_SHARE = 0.5;
let collection: Promise<void> | undefined;
let collectedAtMs = -Infinity;

/**
 * The same for whoever serves meanwhile: in two turns of the event loop, the first of which leaves the second less to do,
 * and once for all who ask for it at the same time, or a moment later.
 */
export function collectInTurns(): Promise<void> {
  collection ??= inTurns(false).finally(() => (collection = undefined));
  return collection;
}

/**
 * The same where the loop is not busy. Where it is, the second turn, which takes two or three times as long as the first,
 * is left to whoever collects when it no longer is.
 */
export function collectSparingly(): Promise<void> {
  collection ??= inTurns(true).finally(() => (collection = undefined));
  return collection;
}

async function inTurns(sparing: boolean): Promise<void> {
  if (performance.now() - collectedAtMs < REST_MS) return;
  const isSpared = sparing && (await isLoopBusy());
  await nextTurn();
  exposed()({ type: "major", execution: "sync" });
  await nextTurn();
  if (!isSpared) collectAll();
  collectedAtMs = performance.now();
}

async function isLoopBusy(): Promise<boolean> {
  const before = performance.eventLoopUtilization();
  await delay(LOOK_MS);
  return performance.eventLoopUtilization(before).utilization > BUSY_SHARE;
}

/** What is new and nobody's any more; a millisecond or two. */
export function collectYoung(): void {
  exposed()({ type: "minor", execution: "sync" });
}
