import { rmSync, writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { CombotError } from "../errors.ts";
import type { ErrorCode } from "../error-table.ts";
import { kernelFiles, kilobytesIn } from "../kernel-files.ts";
import type { TrainReport } from "../protocol/model-train.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { askProgram } from "./own-program.ts";

export interface TrainAsked {
  readonly file?: string | undefined;
  /** Labelled texts of an inbox, beside the file or alone. */
  readonly inbox?: readonly { readonly text: string; readonly label: string }[] | undefined;
  readonly out: string;
  readonly name: string;
  readonly seed: number;
  readonly epochs: number;
  readonly lexicon?: string | undefined;
  /** Half of what is available where left out. */
  readonly mostBytes?: number | undefined;
}

/** Has a process of its own train a model. @throws {CombotError} what is wrong with the rows; `NO_PROCESS`. */
export async function runModelTrain(
  { inbox, ...asked }: TrainAsked,
  onStage: (stage: string, step: string) => void,
): Promise<TrainReport> {
  if (!inbox) return train(asked, onStage);
  // Too much for an argument, and nobody else's to read.
  const folder = makeTemporaryFolder("combot-train-");
  try {
    const path = join(folder, "inbox.jsonl");
    writeFileSync(path, inbox.map((row) => `${JSON.stringify(row)}\n`).join(""), { mode: 0o600 });
    return await train({ ...asked, inbox: path }, onStage);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function train(
  { mostBytes = availableBytes() / 2, ...request }: Omit<TrainAsked, "inbox"> & { readonly inbox?: string },
  onStage: (stage: string, step: string) => void,
): Promise<TrainReport> {
  const what = "nothing was trained";
  // Of this very version: what it writes is not held against a schema.
  const document = (await askProgram({ name: "model-train", request, what, mostBytes, onStage })) as
    TrainReport | { readonly error: { readonly code: ErrorCode; readonly detail: string } };
  if ("error" in document) throw new CombotError(document.error.code, document.error.detail);
  return document;
}

function availableBytes(): number {
  const text = kernelFiles.read("/proc/meminfo");
  const available = text === undefined ? 0 : kilobytesIn(text)("MemAvailable");
  return available > 0 ? available : freemem();
}
