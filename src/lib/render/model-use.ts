import type { ModelUseReply } from "../protocol/model.ts";
import { formatDuration } from "../units.ts";

type Name = ModelUseReply["model"];

/** Which model serves now, and which one did. */
export function renderModelUse({ model, previous, changed, remarks, durationMs }: ModelUseReply): string {
  if (!changed) return [`${nameOf(model)} serves already, from ${model.dir}.`, ...remarks].join("\n");
  return [
    `${nameOf(model)} serves, from ${model.dir}.`,
    `It took the place of ${nameOf(previous)} in ${formatDuration(durationMs)}.`,
    ...remarks,
  ].join("\n");
}

function nameOf({ name, digest }: Name): string {
  return `${name} (${digest})`;
}
