import { CombotError, messageOf } from "../errors.ts";
import { keptInWords, lookAfterwards } from "./afterwards.ts";
import type { Pending } from "./facts.ts";
import { readJson } from "./files.ts";
import { tryCommand } from "./machine.ts";
import { PATHS } from "./paths.ts";
import { performStep, type OnWait, type Work } from "./perform.ts";
import { restoreGeneration } from "./restore.ts";
import { stepInWords, type Step } from "./steps.ts";

export interface ApplyOptions {
  /** Told of each step before it is done. */
  readonly onStep: (step: Step, index: number) => void;
  /** Told of each step when it is done. */
  readonly onDone?: (step: Step, index: number) => void;
  readonly onWait?: OnWait;
}

/** Steps that make sense in a folder that is no running machine. */
const IN_A_FOLDER: readonly Step["do"][] = [
  "install-program",
  "write",
  "remove",
  "switch-program",
  "enable",
  "write-manifest",
];

export function stepsFor({ root, plan }: Pick<Work, "root" | "plan">): readonly Step[] {
  return root.isMachine ? plan.steps : plan.steps.filter((step) => IN_A_FOLDER.includes(step.do));
}

/**
 * Does the plan, step by step. If one fails, the previous generation is put back.
 *
 * @throws {CombotError} `DEPLOY_FAILED` naming the step, what it said and what became of the machine.
 */
export async function applyPlan(work: Work, { onStep, onDone, onWait = () => undefined }: ApplyOptions): Promise<void> {
  for (const [index, step] of stepsFor(work).entries()) {
    onStep(step, index);
    try {
      await performStep(step, work, onWait);
    } catch (error) {
      throw await failed(work, step, error, onWait);
    }
    onDone?.(step, index);
  }
}

async function failed({ root }: Work, step: Step, cause: unknown, onWait: OnWait): Promise<CombotError> {
  const said = `Step "${stepInWords(step)}" failed: ${messageOf(cause)}`;
  const faults = cause instanceof CombotError ? cause.faults : [];
  const pending = readJson(root.at(PATHS.pending)) as Pending | null;
  if (pending === null) return new CombotError("DEPLOY_FAILED", `${said}. Nothing was changed.`, { faults, cause });
  try {
    const restored = await restoreGeneration(root, pending.generation, true);
    const line = `a deploy failed and was rolled back: ${stepInWords(step)}\n`;
    await tryCommand("systemd-cat", ["-t", "combot-deploy", "-p", "err"], { input: line });
    const { isWell, seen } = await lookAfterwards(root, restored, onWait);
    const back = restored.kept.length > 0 ? "What ran before is back" : "Everything is as it was before";
    const next = isWell ? "" : " sudo combot doctor names what mends it.";
    const words = `${said}. ${isWell ? back : "The files are those of before"}${seen}.${keptInWords(restored)}${next}`;
    return new CombotError("DEPLOY_FAILED", words, { faults, cause });
  } catch (error) {
    const left = error instanceof CombotError ? [messageOf(error), ...error.faults] : [messageOf(error)];
    const all = [...faults, ...left];
    return new CombotError("DEPLOY_FAILED", `${said}. Going back failed too: run combot deploy again.`, {
      faults: all,
      cause,
    });
  }
}
