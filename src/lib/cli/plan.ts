import { CombotError } from "../errors.ts";
import type { ErrorCode } from "../error-table.ts";
import type { PlanReport, PlanRequest } from "../protocol/plan.ts";
import { askProgram } from "./own-program.ts";

/** Has a process of its own measure a model and simulate machines. @throws {CombotError} what is wrong with the model. */
export async function runPlan(
  request: PlanRequest,
  onStage: (stage: string, step: string) => void,
): Promise<PlanReport> {
  const what = `${request.dir} was not measured`;
  // Of this very version: what it writes is not held against a schema.
  const document = (await askProgram({ name: "plan", request, what, onStage })) as
    PlanReport | { readonly error: { readonly code: ErrorCode; readonly detail: string } };
  if ("error" in document) throw new CombotError(document.error.code, document.error.detail);
  return document;
}
