import { CombotError } from "../errors.ts";
import type { ErrorCode } from "../error-table.ts";
import type { EvalReport } from "../protocol/model-eval.ts";
import { askProgram } from "./own-program.ts";

export interface EvalAsked {
  readonly file: string;
  readonly dir: string;
  readonly other?: string | undefined;
  readonly oosLabel?: string | undefined;
  readonly targetAccuracy: number;
  readonly minAccuracy?: number | undefined;
  readonly noWorse: boolean;
  readonly fit: boolean;
  readonly seed: number;
}

/** Has a process of its own measure a model. @throws {CombotError} what is wrong with the model, or with the rows. */
export async function runModelEval(
  request: EvalAsked,
  onStage: (stage: string, step: string) => void,
): Promise<EvalReport> {
  // Of this very version: what it writes is not held against a schema.
  const document = (await askProgram({
    name: "model-eval",
    request,
    what: `${request.dir} was not measured`,
    onStage,
  })) as EvalReport | { readonly error: { readonly code: ErrorCode; readonly detail: string } };
  if ("error" in document) throw new CombotError(document.error.code, document.error.detail);
  return document;
}
