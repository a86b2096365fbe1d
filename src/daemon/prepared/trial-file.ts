import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TRIAL_FILE } from "./files.ts";
import type { Trial } from "./trial.ts";

const count = z.int().min(0);

const trialSchema = z.object({
  prepared: z.boolean(),
  reason: z.string().nullable(),
  batching: z.enum(["padded", "equal", "single"]),
  output: z.enum(["logits", "softmax", "sigmoid"]),
  labelShifts: count,
  batchShift: z.number().min(0),
  texts: count,
});

export async function writeTrial(folder: string, trial: Trial): Promise<void> {
  await writeFile(join(folder, TRIAL_FILE), JSON.stringify({ ...trial, reason: trial.reason ?? null }));
}

/** Undefined where there is none. */
export async function readTrial(folder: string): Promise<Trial | undefined> {
  const text = await readFile(join(folder, TRIAL_FILE), "utf8").catch(() => "null");
  const { data } = trialSchema.safeParse(JSON.parse(text));
  return data && { ...data, reason: data.reason ?? undefined };
}
