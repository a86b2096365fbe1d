import { MAX_MODELS } from "../../lib/protocol/models.ts";

/** In the place of those for which there is no label left. */
export const OTHER = "other";

/**
 * The values of the label `model`: at most 64 names, whatever comes and goes. A name keeps its label for as long as there
 * is a model of that name; what comes when all are taken is `other`.
 */
export class ModelLabels {
  readonly #taken = new Set<string>();

  /** @param names of all models that there are now. @returns a label for each of them. */
  of(names: readonly string[]): string[] {
    const present = new Set(names);
    for (const name of this.#taken) if (!present.has(name)) this.#taken.delete(name);
    return names.map((name) => {
      if (this.#taken.size < MAX_MODELS) this.#taken.add(name);
      return this.#taken.has(name) ? name : OTHER;
    });
  }
}
