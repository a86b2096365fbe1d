import type { Engine } from "./engine.ts";

/** Ends so many workers of a model that goes on, idle ones first. */
export async function endSurplus(engine: Engine | undefined, count: number): Promise<void> {
  if (!engine) return;
  const serving = engine.pool.slots.filter(({ current }) => current?.serving);
  const idleFirst = serving.toSorted((a, b) => Number(b.current?.idle ?? false) - Number(a.current?.idle ?? false));
  const going = idleFirst.slice(0, Math.min(count, serving.length - 1));
  await engine.pool.unload(
    going.map(({ index }) => index),
    "memory",
  );
}
