import { availableParallelism, totalmem } from "node:os";
import { loadSettings } from "../lib/config/load.ts";
import type { LoadedSettings } from "../lib/config/load.ts";
import type { SettingName } from "../lib/config/schema.ts";
import { CombotError } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { createCore } from "./core.ts";
import { createLog } from "./log.ts";
import { BUNDLED_MODEL_DIR, openModel } from "./model/served-model.ts";
import type { ServedModel } from "./model/served-model.ts";
import { createServices } from "./services.ts";
import { stopOnSignal } from "./shutdown.ts";

/** Settings given on the command line, by the variable they set, and the file to read the others from. */
export type DaemonFlags = Readonly<Partial<Record<SettingName, string>>> & { readonly envFile?: string };

/** Runs the daemon until a signal ends the process. @throws {CombotError} if it can't start. */
export async function main(flags: DaemonFlags): Promise<void> {
  const loaded = readSettings(flags);
  const { settings } = loaded;
  const log = await createLog(settings.logLevel, process.env);
  for (const warning of loaded.warnings) log.warn(warning);
  const model = await openServedModel(settings.modelDir ?? BUNDLED_MODEL_DIR);
  const core = createCore(settings, model, log);
  const services = createServices(core, loaded, log);
}

function readSettings({ envFile, ...flags }: DaemonFlags): LoadedSettings {
  const machine = { cores: availableParallelism(), memoryBytes: totalmem() };
  return loadSettings({ flags, env: process.env, envFile, machine });
}

/** A model that can't be served is a setting at fault: systemd must not try again. */
async function openServedModel(dir: string): Promise<ServedModel> {
  try {
    return await openModel(dir);
  } catch (error) {
    if (!(error instanceof CombotError)) throw error;
    throw new CombotError("CONFIG_INVALID", `COMBOT_MODEL_DIR: ${error.message}`, { cause: error });
  }
}
