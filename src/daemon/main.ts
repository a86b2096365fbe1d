import { loadSettings } from "../lib/config/load.ts";
import type { LoadedSettings } from "../lib/config/load.ts";
import { findMachine } from "../lib/config/machine.ts";
import type { SettingName } from "../lib/config/schema.ts";
import { VERSION } from "../lib/version.ts";
import { listen } from "./listeners.ts";
import { createLog } from "./log.ts";
import type { Logger } from "./log.ts";
import { createServices } from "./services.ts";
import { createServing } from "./serving.ts";
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

  const serving = await createServing(settings, log);
  const { models, events } = serving;
  const { governor } = serving.governance;
  await governor.tick();
  // Before the sockets answer: an unloaded model counts as healthy, and one that is about to load must not.
  if (settings.preload) models.current.pool.load();
  const listeners = await listen(settings, createServices({ ...serving, loaded, log }), log);
  stopOnSignal(log, [async () => events.close(), () => listeners.close(), () => governor.stop(), () => models.stop()]);

  const { name, digest } = models.current.model;
  log.info({ ...listeners.addresses, model: name, digest: digest.slice(0, 12), version: VERSION }, "listening");
  governor.start();
}

function readSettings({ envFile, ...flags }: DaemonFlags): LoadedSettings {
  return loadSettings({ flags, env: process.env, envFile, machine: findMachine() });
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
