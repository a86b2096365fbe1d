import type { Settings } from "../../lib/config/settings.ts";
import { CombotError, messageOf } from "../../lib/errors.ts";
import type { Chosen } from "../../lib/protocol/health.ts";
import type { Logger } from "../log/log.ts";
import { BUNDLED_MODEL_DIR } from "../model/bundled-model.ts";
import { openModel, openSealed } from "../model/opening.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { Choice, ModelChoice } from "./model-choice.ts";

/** They say nothing of the model: another start may come out otherwise. */
const PASSING: readonly string[] = ["NO_ROOM", "NO_PROCESS", "TOO_MANY_FILES"];

export interface FirstModel {
  readonly model: ServedModel;
  readonly chosen: Chosen;
}

/** Where the settings' folder comes from. */
export type ModelSetting = "flag" | "setting";

/**
 * The model chosen last, else the one the settings name. A choice is never answered for by another model: where its
 * folder has changed or is gone, the copy of what was chosen serves.
 *
 * @throws {CombotError} `CONFIG_INVALID` where that can't be served either: systemd must not try again. `NO_ROOM` and
 *   `NO_PROCESS`, which may pass.
 */
export async function openFirst(
  { modelDir, stateDir }: Pick<Settings, "modelDir" | "stateDir">,
  choice: ModelChoice,
  { setting, log }: { readonly setting: ModelSetting; readonly log: Logger },
): Promise<FirstModel> {
  choice.sweep();
  const made = choice.read();
  if (!made) {
    const by = modelDir === null ? "bundled" : setting;
    return { model: await openConfigured(modelDir ?? BUNDLED_MODEL_DIR, stateDir), chosen: { by, at: null } };
  }
  if (modelDir !== null && modelDir !== made.dir) {
    const named = setting === "flag" ? "--model" : "COMBOT_MODEL_DIR";
    log.warn(
      { chosen: made.dir, configured: modelDir, chosenAt: made.at },
      `${made.dir} serves, which was chosen with \`combot model use\`, and not ${named} ${modelDir}; \`combot model use --default\` goes back to that`,
    );
  }
  const model = await openChosen(made, choice, stateDir);
  if (made.content === undefined) await complete(made, model, choice, log);
  return { model, chosen: { by: "model use", at: made.at ?? null } };
}

/** An older version's choice names a folder alone: from here on it is what that holds now, which has been copied. */
async function complete(
  made: Choice,
  { file, sealed, digest }: ServedModel,
  choice: ModelChoice,
  log: Logger,
): Promise<void> {
  try {
    (await choice.prepare({ ...made, file, content: sealed.content, digest })).commit();
  } catch (error) {
    log.warn({ dir: made.dir }, `a restart will not know what ${made.dir} holds now: ${messageOf(error)}`);
  }
}

async function openChosen(made: Choice, choice: ModelChoice, stateDir: string): Promise<ServedModel> {
  const { dir, file, content } = made;
  const lost: string[] = [];
  try {
    if (content !== undefined) return await openSealed(dir, content, stateDir);
  } catch (error) {
    if (isPassing(error)) throw error;
    lost.push(messageOf(error));
  }
  try {
    const model = await openModel(dir, stateDir, { file, needed: content === undefined ? [] : [content] });
    if (content === undefined || model.sealed.content === content) return model;
    lost.unshift(`the folder has changed`);
  } catch (error) {
    if (isPassing(error)) throw error;
    lost.unshift(messageOf(error));
  }
  const when = made.at === undefined ? "" : ` on ${made.at}`;
  throw new CombotError(
    "CONFIG_INVALID",
    `the model ${dir}, chosen with \`combot model use\`${when}, can't be served: ${lost.join("; ")}. ` +
      `Put it back, or remove ${choice.path} to serve what the settings name`,
  );
}

function isPassing(error: unknown): boolean {
  return error instanceof CombotError && PASSING.includes(error.code);
}

async function openConfigured(dir: string, stateDir: string): Promise<ServedModel> {
  try {
    return await openModel(dir, stateDir, { needed: [] });
  } catch (error) {
    if (!(error instanceof CombotError) || error.code !== "MODEL_INVALID") throw error;
    throw new CombotError("CONFIG_INVALID", `COMBOT_MODEL_DIR: ${error.message}`, { cause: error });
  }
}
