import { setTimeout as delay } from "node:timers/promises";
import { isatty } from "node:tty";
import type { LoadOptions } from "../lib/config/load.ts";
import { findMachine } from "../lib/config/machine.ts";
import { SLOWNESS } from "../lib/slowness.ts";
import type { SettingName } from "../lib/config/schema.ts";
import { isUnitProcess } from "../lib/config/unit-process.ts";
import { VERSION } from "../lib/version.ts";
import { writeHeapOnSignal } from "./wiring/heap-snapshot.ts";
import { createBackups } from "./wiring/backing-up.ts";
import { listen } from "./wiring/listeners.ts";
import { createLog } from "./log/log.ts";
import type { Logger } from "./log/log.ts";
import { AfterBursts } from "./memory/after-bursts.ts";
import { collectAll } from "../lib/collector.ts";
import { describeForSystemd } from "./reports/unit-state.ts";
import { openRepository } from "./wiring/repository.ts";
import { reload } from "./wiring/reloading.ts";
import { createServices } from "./wiring/services.ts";
import { createServing } from "./wiring/serving.ts";
import type { Serving } from "./wiring/serving.ts";
import { SettingsInForce } from "./wiring/settings-in-force.ts";
import { stopOnSignal } from "./wiring/shutdown.ts";
import type { StopSteps } from "./wiring/shutdown.ts";
import { lockState } from "./wiring/state-lock.ts";
import { openTracing } from "./wiring/tracing.ts";
import { Probes } from "./reports/probes.ts";
import { Notifier, takeUnitEnvironment } from "./systemd/notifier.ts";
import type { UnitEnvironment } from "./systemd/notifier.ts";
import { Unit } from "./systemd/unit.ts";

/** To systemd, where how the daemon is can't be told. */
const UNDESCRIBED = { state: "serving", figures: "" };

/** Settings given on the command line, by the variable they set, and the file to read the others from. */
export type DaemonFlags = Readonly<Partial<Record<SettingName, string>>> & { readonly envFile?: string };

/** Runs the daemon; resolves once it listens. A signal ends the process. @throws {CombotError} if it can't start. */
export async function main(flags: DaemonFlags): Promise<void> {
  const inForce = new SettingsInForce(() => readFrom(flags));
  const { settings, loaded } = inForce;
  const { log, dropped } = await createLog(settings.logLevel, process.env);
  dieLoudly(log);
  logWarnings(log);
  const systemd = greetSystemd(log);
  for (const warning of loaded.warnings) log.warn(warning);

  const stateLock = await lockState({ dir: settings.stateDir, onUnlocked: (reason) => tellUnlocked(log, reason) });
  const modelSetting = flags.COMBOT_MODEL_DIR === undefined ? "setting" : "flag";
  const serving = await createServing(settings, log, modelSetting, () => inForce.readAgain());
  const { models, folder, events, journaling, caching, watch, warming } = serving;
  const { governor } = serving.governance;
  const afterBursts = new AfterBursts({ collect: collectAll });
  serving.metrics.watch("combot_log_dropped_total", "Lines of the log that could not be written.", dropped);
  const unit = systemd && createUnit(serving, systemd);
  await governor.tick();
  // Before the sockets answer: an unloaded model counts as healthy, and one that is about to load must not.
  if (settings.preload) models.current.pool.load();
  const backups = createBackups({ ...serving, settings, loaded: () => inForce.loaded, log });
  await backups.sweep();
  const probes = new Probes(() => serving.reports.health().status);
  const tracing = await openTracing(settings, serving.metrics, log);
  const services = createServices({ ...serving, backups, probes, tracing, loaded: () => inForce.loaded, log });
  // Their names are known before anybody can ask for one.
  const rescan = openRepository(models, log);
  rescan();
  const listeners = await listen(settings, services, log);
  stateLock?.tell(settings.socketPath ?? listeners.addresses.user);
  const steps: StopSteps = {
    announce: () => announceStop(probes, unit, settings.drainDelayMs),
    drain: [
      ["alerts", async () => watch.stop()],
      ["model folder", async () => folder.stop()],
      ["warming", async () => warming.stop()],
      ["events", async () => events.close()],
      ["backups", async () => backups.stop()],
      ["listeners", () => listeners.close()],
      ["spans", async () => tracing?.close()],
      ["governor", () => governor.stop()],
      ["after bursts", async () => afterBursts.stop()],
      ["budget", async () => serving.governance.budget.stop()],
      ["models", () => Promise.all([models.stop(), serving.shadows.close()])],
    ],
    keep: [
      ["journal", async () => journaling?.stop()],
      ["redis", async () => caching.redis?.connection.close()],
      ["state folder", async () => stateLock?.release()],
    ],
  };
  obeySignals(log, steps, async () => {
    rescan();
    const act = (): string => reload(inForce, listeners, log);
    await (unit ? unit.reloading(act) : act());
  });

  tellListening(log, listeners.addresses, models.current.model);
  writeHeapOnSignal(settings.stateDir, log);
  for (const part of [governor, afterBursts, journaling, watch, folder, warming]) part?.start();
  await unit?.ready();
}

function tellListening(log: Logger, addresses: object, { name, digest }: Serving["models"]["current"]["model"]): void {
  log.info({ ...addresses, model: name, digest: digest.slice(0, 12), version: VERSION }, "listening");
}

/** To who probes and to systemd; whoever calls is served as ever meanwhile. */
async function announceStop(probes: Probes, unit: Unit | undefined, delayMs: number): Promise<void> {
  probes.stop();
  void unit?.stopping(delayMs);
  await delay(delayMs);
}

/** Two daemons on it would then not be kept apart. */
function tellUnlocked(log: Logger, reason: string): void {
  log.warn({ reason }, "the state folder can't be locked: no other combot may use it");
}

function readFrom({ envFile, ...flags }: DaemonFlags): LoadOptions {
  return { flags, env: process.env, envFile, machine: findMachine() };
}

/**
 * On a terminal SIGHUP means that the terminal is gone; from systemd it is a reload. A daemon that has nothing of a
 * terminal left is not of it, and goes on: so nohup leaves it, and Node has forgotten at its start that nohup had the
 * signal ignored.
 */
function obeySignals(log: Logger, stop: StopSteps, onReload: () => Promise<void>): void {
  const { env, pid, ppid: parentPid } = process;
  const isUnit = isUnitProcess({ env, pid, parentPid });
  if (!isUnit && isOnTerminal()) return stopOnSignal(["SIGTERM", "SIGINT", "SIGHUP"], log, stop);
  stopOnSignal(["SIGTERM", "SIGINT"], log, stop);
  if (!isUnit) return void process.on("SIGHUP", () => log.info("SIGHUP: nothing is written to a terminal; it goes on"));
  // One after another; a defect in one is an unhandled rejection, which ends the daemon.
  let last = Promise.resolve();
  process.on("SIGHUP", () => void (last = last.then(onReload)));
}

function isOnTerminal(): boolean {
  return isatty(1) || isatty(2);
}

interface Systemd extends Pick<UnitEnvironment, "watchdogMs"> {
  readonly notifier: Notifier;
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

function createUnit({ models, governance, onlookers }: Serving, { notifier, watchdogMs }: Systemd): Unit {
  return new Unit({
    notifier,
    watchdogMs,
    slowness: SLOWNESS,
    describe: () =>
      onlookers.ask("systemd", () => describeForSystemd(models.current, governance.governor), UNDESCRIBED),
    monotonicUsec: () => process.hrtime.bigint() / 1000n,
  });
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
