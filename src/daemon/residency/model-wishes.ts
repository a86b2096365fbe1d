import type { ServedModel } from "../model/served-model.ts";

/** What a model's combot.json asks for its place among the others; undefined where it leaves that to the settings. */
export function isPinnedBy({ settings }: ServedModel): boolean {
  return settings.pin ?? false;
}

/** 0 = after every batch, -1 = never. */
export function idleUnloadMsOf({ settings }: ServedModel): number | undefined {
  const seconds = settings.idleUnload;
  return seconds === undefined || seconds < 0 ? seconds : seconds * 1000;
}

/** At most; WORKERS is the limit of all. */
export function workersOf({ settings }: ServedModel): number | undefined {
  return settings.workers;
}
