import type { LoadOptions } from "../lib/config/load.ts";
import { findMachine } from "../lib/config/machine.ts";
import type { SettingName } from "../lib/config/schema.ts";
import { SLOWNESS } from "../lib/slowness.ts";
import { learnToTether } from "../lib/tether.ts";
import { createLog } from "./log/log.ts";
import type { Logger } from "./log/log.ts";
import { Notifier, takeUnitEnvironment } from "./systemd/notifier.ts";
import { Unit } from "./systemd/unit.ts";
import { beginOpening } from "./wiring/opening.ts";
import type { Systemd } from "./wiring/running.ts";
import { SettingsInForce } from "./wiring/settings-in-force.ts";
import { lockState } from "./wiring/state-lock.ts";

/** Settings given on the command line, by the variable they set, and the file to read the others from. */
export type DaemonFlags = Readonly<Partial<Record<SettingName, string>>> & { readonly envFile?: string };

/**
 * Runs the daemon; resolves once it listens. A signal ends the process. Only what it takes to have the model read is
 * loaded at first: a process of its own reads it while the rest is loaded here.
 *
 * @throws {CombotError} if it can't start.
 */
export async function main(flags: DaemonFlags): Promise<void> {
  const tether = learnToTether();
  const inForce = new SettingsInForce(() => readFrom(flags));
  const { settings, loaded } = inForce;
  const { log, dropped } = await createLog(settings.logLevel, process.env);
  dieLoudly(log);
  logWarnings(log);
  const systemd = greetSystemd(log);
  for (const warning of loaded.warnings) log.warn(warning);

  const stateLock = await lockState({ dir: settings.stateDir, onUnlocked: (reason) => tellUnlocked(log, reason) });
  await tether;
  const opening = beginOpening(settings, flags.COMBOT_MODEL_DIR === undefined ? "setting" : "flag", log);
  const { run } = await import("./wiring/running.ts");
  await run({ inForce, log, dropped, systemd, stateLock, opening });
}

/** Two daemons on it would then not be kept apart. */
function tellUnlocked(log: Logger, reason: string): void {
  log.warn({ reason }, "the state folder can't be locked: no other combot may use it");
}

function readFrom({ envFile, ...flags }: DaemonFlags): LoadOptions {
  return { flags, env: process.env, envFile, machine: findMachine() };
}

/** Tells it at once that a slow machine takes longer. Undefined where nobody wants to be told. */
function greetSystemd(log: Logger): Systemd | undefined {
  const { socket, watchdogMs } = takeUnitEnvironment(process.env, process.pid);
  if (socket === undefined) return undefined;
  const onFailure = (detail: string): void => log.error({ detail }, "systemd was not told how the daemon is");
  const notifier = new Notifier({ socket, onFailure });
  void Unit.starting({ notifier, slowness: SLOWNESS });
  return { notifier, watchdogMs };
}

/** Node prints its own to stderr by itself, and waits there for whoever reads it. */
function logWarnings(log: Logger): void {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => {
    // That of node:sqlite, which is used on no Node that it was not tried on.
    if (name !== "ExperimentalWarning") log.warn({ name, message }, "Node warns");
  });
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
