import type { Settings } from "../../lib/config/settings.ts";
import type { Logger } from "../log/log.ts";
import { EarlyCheck } from "../prepared/early-check.ts";
import { preparedIn } from "../prepared/pruning.ts";
import { openFirst } from "../residency/first-model.ts";
import type { FirstModel, ModelSetting } from "../residency/first-model.ts";
import { ModelChoice } from "../residency/model-choice.ts";

/** The first model, which may still be read. */
export interface Opening {
  readonly choice: ModelChoice;
  readonly setting: ModelSetting;
  /** Rejects as `openFirst` does. */
  readonly first: Promise<FirstModel>;
  /** Of its prepared weights; undefined where no worker is about to load them. */
  readonly early: EarlyCheck | undefined;
}

/** What is wrong with it is told to whoever awaits it. The state folder must be locked. */
export function beginOpening(settings: Settings, setting: ModelSetting, log: Logger): Opening {
  const choice = new ModelChoice(settings.stateDir);
  const first = openFirst(settings, choice, { setting, log });
  first.catch(() => undefined);
  // The model's own files are waited for first.
  const early = settings.preload ? new EarlyCheck(preparedIn(settings.stateDir)) : undefined;
  return { choice, setting, first, early };
}
