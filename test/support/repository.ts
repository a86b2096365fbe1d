import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TRIAL_LABELS, writeTrialModel } from "./trial-models.ts";
import type { TrialModelSpec } from "./trial-models.ts";

/** A model whose labels say whose they are: `mood:one`. */
export function writeNamedModel(dir: string, name: string, spec: TrialModelSpec = {}): string {
  writeTrialModel(dir, spec);
  const path = join(dir, "config.json");
  const labels = TRIAL_LABELS.map((label) => `${name}:${label}`);
  const config = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...config, id2label: Object.fromEntries(labels.entries()) }));
  return dir;
}
