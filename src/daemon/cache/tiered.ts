import type { Answer } from "./answer.ts";
import type { TextKey } from "./keys.ts";
import type { Hit, Keeping, Lookup, Tier } from "./tier.ts";

/** A near tier over a far one: what the far one has is copied up for as long as it has left there. */
export class TieredCache implements Tier {
  readonly #near: Tier;
  readonly #far: Tier;

  constructor(near: Tier, far: Tier) {
    this.#near = near;
    this.#far = far;
  }

  find(key: TextKey, lookup: Lookup): Hit | undefined | Promise<Hit | undefined> {
    const near = this.#near.find(key, lookup);
    if (near === undefined) return this.#findFar(key, lookup);
    return near instanceof Promise ? near.then((hit) => hit ?? this.#findFar(key, lookup)) : near;
  }

  set(key: TextKey, answer: Answer, keeping: Keeping): void {
    this.#near.set(key, answer, keeping);
    this.#far.set(key, answer, keeping);
  }

  #findFar(key: TextKey, lookup: Lookup): Hit | undefined | Promise<Hit | undefined> {
    const far = this.#far.find(key, lookup);
    return far instanceof Promise ? far.then((hit) => this.#copyUp(key, hit)) : this.#copyUp(key, far);
  }

  #copyUp(key: TextKey, hit: Hit | undefined): Hit | undefined {
    if (hit && hit.ttlMs > 0) this.#near.set(key, hit.answer, { ttlMs: hit.ttlMs });
    return hit;
  }
}
