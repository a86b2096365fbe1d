import type { Engine } from "./engine.ts";

/** What has to stay of what the state folder has of models. */
export interface Needed {
  /** Of the copies. */
  readonly contents: string[];
  /** Of what was prepared, which one and the same model under other settings has in common. */
  readonly digests: string[];
  /** How many are served, or are to be, of which neither is known. */
  readonly unread: number;
}

export function neededOf(served: readonly Engine[], unread: number): Needed {
  return {
    contents: served.map(({ model }) => model.sealed.content),
    digests: served.map(({ model }) => model.computedDigest),
    unread,
  };
}
