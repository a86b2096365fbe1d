import { createHash } from "node:crypto";
import { CombotError } from "../../lib/errors.ts";
import type { ClassifyRequest } from "../../lib/protocol/classify.ts";
import type { Wanted } from "../../lib/protocol/decision.ts";
import type { ServedModel } from "../model/served-model.ts";
import { Judge, isWanted, overridden } from "./judge.ts";

type Judged = Pick<ServedModel, "name" | "labels" | "multiLabel" | "regression">;

/** Who judges a model's answers: by what a call says, and where it says nothing by what the model's owner says. */
export class Judges {
  readonly #model: Judged;
  #wanted: Wanted = {};
  /** Undefined where answers need reach nothing. */
  #usual: Judge | undefined;
  /** Of the last call that said no more than these two: an application says the same in all of its calls. */
  #last: { readonly minScore: unknown; readonly minMargin: unknown; readonly judge: Judge | undefined } | undefined;

  constructor(model: Judged, wanted: Wanted) {
    this.#model = model;
    this.judgeBy(wanted);
  }

  /** From here on: of the same model, whose owner wants something else of it. @throws as `of`. */
  judgeBy(wanted: Wanted): void {
    this.#usual = this.#made(wanted);
    this.#wanted = wanted;
    this.#last = undefined;
  }

  /** What decides where a call says nothing, in a word: of others nothing can be told by it. */
  get basis(): string {
    const { minScore, minMargin, thresholds, candidates } = this.#wanted;
    const wanted = JSON.stringify([minScore, minMargin, thresholds, candidates]);
    return createHash("sha256").update(wanted).digest("hex").slice(0, 12);
  }

  /** Whether answers are decided of where a call says nothing. */
  get decides(): boolean {
    const { minScore, minMargin, thresholds } = this.#wanted;
    return minScore !== undefined || minMargin !== undefined || thresholds !== undefined;
  }

  /**
   * What the model's owner wants is wanted of the model's labels, and not of a call's own.
   *
   * @throws {CombotError} `INVALID_REQUEST`
   */
  of(call: ClassifyRequest): Judge | undefined {
    const { minScore, minMargin, thresholds, candidates, labels, multiLabel } = call;
    if (!isWanted(call)) return labels ? undefined : this.#usual;
    if (labels)
      return new Judge(call, { labels: labels.toSorted(), apart: multiLabel === true || labels.length === 1 });
    if (thresholds !== undefined || candidates !== undefined) return this.#made(overridden(call, this.#wanted));
    if (this.#last?.minScore === minScore && this.#last?.minMargin === minMargin) return this.#last?.judge;
    this.#last = { minScore, minMargin, judge: this.#made(overridden(call, this.#wanted)) };
    return this.#last.judge;
  }

  #made(wanted: Wanted): Judge | undefined {
    if (!isWanted(wanted)) return undefined;
    const { labels, multiLabel, regression, name } = this.#model;
    if (!regression) return new Judge(wanted, { labels, apart: multiLabel || labels.length === 1 });
    throw new CombotError("INVALID_REQUEST", `${name} gives raw numbers, of which none is sure or unsure`);
  }
}
