import { availableParallelism, totalmem } from "node:os";
import { loadSettings } from "../lib/config/load.ts";
import type { LoadedSettings } from "../lib/config/load.ts";
import type { SettingName } from "../lib/config/schema.ts";
import { CombotError } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { createCore } from "./core.ts";
import { listen } from "./listeners.ts";
import { createLog } from "./log.ts";
import type { Logger } from "./log.ts";
import { BUNDLED_MODEL_DIR, openModel } from "./model/served-model.ts";
import type { ServedModel } from "./model/served-model.ts";
import { createServices } from "./services.ts";
import { stopOnSignal } from "./shutdown.ts";

/** Settings given on the command line, by the variable they set, and the file to read the others from. */
export type DaemonFlags = Readonly<Partial<Record<SettingName, string>>> & { readonly envFile?: string };

/** Runs the daemon; resolves once it listens. A signal ends the process. @throws {CombotError} if it can't start. */
export async function main(flags: DaemonFlags): Promise<void> {
  const loaded = readSettings(flags);
  const { settings } = loaded;
  const log = await createLog(settings.logLevel, process.env);
  dieLoudly(log);
  for (const warning of loaded.warnings) log.warn(warning);

  const model = await openServedModel(settings.modelDir ?? BUNDLED_MODEL_DIR);
  const core = createCore(settings, model, log);
  const listeners = await listen(settings, createServices(core, loaded, log), log);
  stopOnSignal(log, [() => listeners.close(), () => core.pool.stop()]);

  const { name, digest } = model;
  log.info({ ...listeners.addresses, model: name, digest: digest.slice(0, 12), version: VERSION }, "listening");
  if (settings.preload) core.pool.load();
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

/** A defect must not leave a daemon that half works: systemd starts a whole one. */
function dieLoudly(log: Logger): void {
  const die = (error: unknown): void => {
    log.fatal({ err: error }, "a defect ended the daemon");
    process.exit(1);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
}
