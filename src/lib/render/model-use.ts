import { harmless } from "../harmless.ts";
import type { ModelUseReply } from "../protocol/model.ts";
import { formatDuration } from "../units.ts";

type Name = ModelUseReply["model"];

/** Which model serves now, and which one did. */
export function renderModelUse({ model, previous, changed, remarks, durationMs }: ModelUseReply): string {
  const lines = changed
    ? [
        `${nameOf(model)} serves, from ${model.dir}.`,
        `It took the place of ${nameOf(previous)} in ${formatDuration(durationMs)}.`,
      ]
    : [`${nameOf(model)} serves already, from ${model.dir}.`];
  return [...lines, ...remarks].map(harmless).join("\n");
}

function nameOf({ name, digest }: Name): string {
  return `${name} (${digest})`;
}
