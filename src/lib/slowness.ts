import { isMainThread } from "node:worker_threads";

/**
 * Node's own start takes 20 to 40 ms on the machines that combot is made for, and the limits in the code leave room for
 * five times that. What takes longer, emulated or without CPU credits, gets as much more time as it takes longer.
 */
const ROOMY_BOOTSTRAP_MS = 200;

/** How much longer than planned for everything takes on a machine where Node's start took so long; 1 and more. */
export function slownessOf(bootstrapMs: number): number {
  return Math.max(1, bootstrapMs / ROOMY_BOOTSTRAP_MS);
}

/** What Node took to start, in ms. A thread's own figure counts from the start of the process: it says nothing. */
export function ownBootstrapMs(): number {
  return isMainThread ? performance.nodeTiming.bootstrapComplete : 0;
}

/** Of this machine, as the start of this process found it. */
export const SLOWNESS = slownessOf(ownBootstrapMs());

/**
 * A limit of wall-clock time that is there to find out what hangs. Here what is only slow must not fail; what is a promise
 * to whoever waits stays as it is on every machine.
 *
 * @param usualMs the limit on a machine that is not slow.
 */
export function hangLimitMs(usualMs: number, slowness = SLOWNESS): number {
  return Math.round(usualMs * slowness);
}
