import { setTimeout as delay } from "node:timers/promises";
import { isatty } from "node:tty";
import { isUnitProcess } from "../../lib/config/unit-process.ts";
import { collectAll } from "../../lib/collector.ts";
import { SLOWNESS } from "../../lib/slowness.ts";
import { VERSION } from "../../lib/version.ts";
import type { DaemonLog, Logger } from "../log/log.ts";
import { AfterBursts } from "../memory/after-bursts.ts";
import { Probes } from "../reports/probes.ts";
import { describeForSystemd } from "../reports/unit-state.ts";
import type { Notifier, UnitEnvironment } from "../systemd/notifier.ts";
import { Unit } from "../systemd/unit.ts";
import { createBackups } from "./backing-up.ts";
import { writeHeapOnSignal } from "./heap-snapshot.ts";
import { listen } from "./listeners.ts";
import type { Opening } from "./opening.ts";
import { reload } from "./reloading.ts";
import { openRepository } from "./repository.ts";
import { createServices } from "./services.ts";
import { createServing } from "./serving.ts";
import type { Serving } from "./serving.ts";
import type { SettingsInForce } from "./settings-in-force.ts";
import { stopOnSignal } from "./shutdown.ts";
import type { StopSteps } from "./shutdown.ts";
import type { StateLock } from "./state-lock.ts";
import { openTracing } from "./tracing.ts";

/** To systemd, where how the daemon is can't be told. */
const UNDESCRIBED = { state: "serving", figures: "" };

/** What was begun, or found, before this file was loaded. */
export interface Begun extends DaemonLog {
  readonly inForce: SettingsInForce;
  /** Undefined where nobody wants to be told. */
  readonly systemd: Systemd | undefined;
  /** Undefined where the folder can't be locked. */
  readonly stateLock: StateLock | undefined;
  readonly opening: Opening;
}

export interface Systemd extends Pick<UnitEnvironment, "watchdogMs"> {
  readonly notifier: Notifier;
}

/** Wires the daemon; resolves once it listens. @throws {CombotError} if it can't start. */
export async function run({ inForce, log, dropped, systemd, stateLock, opening }: Begun): Promise<void> {
  const { settings } = inForce;
  const serving = await createServing(settings, log, opening, () => inForce.readAgain());
  const { models, folder, events, journaling, caching, watch, warming } = serving;
  const { governor } = serving.governance;
  const afterBursts = new AfterBursts({ collect: collectAll });
  serving.metrics.watch("combot_log_dropped_total", "Lines of the log that could not be written.", dropped);
  const unit = systemd && createUnit(serving, systemd);
  // What looks at memory is not to find it.
  await opening.early?.over();
  await governor.tick();
  // Before the sockets answer: an unloaded model counts as healthy, and one that is about to load must not.
  if (settings.preload) models.current.pool.load();
  const looked = folder.poll();
  const backups = createBackups({ ...serving, settings, loaded: () => inForce.loaded, log });
  await backups.sweep();
  const probes = new Probes(() => serving.reports.health().status);
  const tracing = await openTracing(settings, serving.metrics, log);
  const services = createServices({ ...serving, backups, probes, tracing, loaded: () => inForce.loaded, log });
  // Their names are known before anybody can ask for one.
  const rescan = openRepository(models, log);
  rescan();
  // A model that was chosen before may serve from its copy alone, and whoever asks is told.
  await looked;
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
