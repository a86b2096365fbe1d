import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { Alert, AlertName, AlertsReply } from "../../../src/lib/protocol/alerts.ts";
import { accept, startReceiver } from "./receiver.ts";
import type { Receiver } from "./receiver.ts";

/** Something that goes wrong for real, and what mends it. */
export interface Trouble {
  /** All that fire because of it, in any order. */
  readonly alerts: readonly AlertName[];
  readonly env?: Readonly<Record<string, string>>;
  readonly wrapper?: readonly string[];
  /** Makes it, over and over if need be, until `stage.isOver()`. */
  readonly cause: (stage: Stage) => Promise<unknown>;
  /** The same for what mends it. */
  readonly mend: (stage: Stage) => Promise<unknown>;
  /** Gives back what was taken for it. */
  readonly end?: () => Promise<unknown>;
}

export interface Stage {
  readonly daemon: PrivateDaemon;
  /** All of its alerts fire, or have resolved. */
  readonly isOver: () => boolean;
  /** Resolves when this one fires. */
  readonly fires: (alert: AlertName) => Promise<void>;
}

/** The states of one alert as each way out told them: `firing resolved` where all is well. */
export interface Heard {
  readonly receiver: string;
  readonly log: string;
  readonly api: string;
}

const OWN = { WORKERS: "1", REDIS_URL: "off", DATABASE_URL: "off", ALERT_AFTER: "1", ALERT_DISK_FREE: "0.000001" };
const LOOK_MS = 100;

/** Makes a trouble on a daemon of its own, until all of its alerts have fired, and mends it until all have resolved. */
export async function play(
  makeTrouble: () => Promise<Trouble>,
  limitMs: number,
): Promise<ReadonlyMap<AlertName, Heard>> {
  const folder = mkdtempSync(join(tmpdir(), "ca-"));
  const receiver = await startReceiver(accept);
  const trouble = await makeTrouble();
  const { alerts, wrapper } = trouble;
  let daemon: PrivateDaemon | undefined;
  try {
    const env = { ...OWN, ...trouble.env, ALERT_WEBHOOK_URL_FILE: urlFile(folder, receiver.url) };
    daemon = await PrivateDaemon.start({
      env,
      untilAnswering: true,
      startLimitMs: 120_000,
      ...(wrapper && { wrapper }),
    });
    const api = await through(daemon, trouble, limitMs);
    const told = (): boolean => alerts.every((alert) => statesAt(receiver, alert).length >= 2);
    await until(async () => told(), limitMs, `the receiver heard ${JSON.stringify(receiver.bodies)}`);
    const heard = (alert: AlertName): Heard => ({
      receiver: statesAt(receiver, alert).join(" "),
      log: statesIn(daemon!.log, alert).join(" "),
      api: api.get(alert)!.join(" "),
    });
    return new Map(alerts.map((alert) => [alert, heard(alert)]));
  } catch (error) {
    throw new Error(`${String(error)}; the daemon's last words: ${daemon?.log.slice(-2000)}`, { cause: error });
  } finally {
    await daemon?.stop();
    await trouble.end?.();
    receiver.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the states that the API told of each. */
async function through(
  daemon: PrivateDaemon,
  { alerts, cause, mend }: Trouble,
  limitMs: number,
): Promise<ReadonlyMap<AlertName, readonly string[]>> {
  // Counts are compared with what the watch saw first.
  await until(
    async () => /combot_workers_wanted \d/.test((await daemon.ask("GET", "/metrics")).text),
    limitMs,
    "no reading",
  );
  const fired = new Set<AlertName>();
  let over = false;
  const fires = (alert: AlertName): Promise<void> =>
    until(async () => fired.has(alert), limitMs, `${alert} did not fire`);
  const stage: Stage = { daemon, isOver: () => over, fires };
  const causing = cause(stage);
  const allFired = async (): Promise<boolean> => {
    for (const { alert } of (await reportOf(daemon)).firing) fired.add(alert);
    return alerts.every((alert) => fired.has(alert));
  };
  const missing = (): string => `${alerts.filter((alert) => !fired.has(alert)).join(", ")} did not fire`;
  await Promise.race([until(allFired, limitMs, missing), rejectionOf(causing)]);
  over = true;
  await causing;

  over = false;
  const mending = mend(stage);
  const left = async (): Promise<readonly Alert[]> =>
    (await reportOf(daemon)).firing.filter(({ alert }) => alerts.includes(alert));
  const allResolved = async (): Promise<boolean> => (await left()).length === 0;
  await Promise.race([until(allResolved, limitMs, `not all of ${alerts.join(", ")} resolved`), rejectionOf(mending)]);
  over = true;
  await mending;
  const { resolved } = await reportOf(daemon);
  return new Map(
    alerts.map((alert) => [
      alert,
      ["firing", ...resolved.filter((one) => one.alert === alert).map(({ state }) => state)],
    ]),
  );
}

/** Asked again where the connection was being closed as idle while the question was on its way. */
function reportOf(daemon: PrivateDaemon): Promise<AlertsReply> {
  const ask = (): Promise<AlertsReply> => daemon.json<AlertsReply>("GET", "/api/alerts/");
  return ask().catch(ask);
}

/** Never resolves: whoever waits for something else hears at once that it won't come. */
function rejectionOf(promise: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => {
    promise.catch(reject);
  });
}

function statesAt({ bodies }: Receiver, name: AlertName): string[] {
  const all = (bodies as readonly (Alert & { others?: readonly Alert[] })[]).flatMap((one) => [
    one,
    ...(one.others ?? []),
  ]);
  return all.filter(({ alert }) => alert === name).map(({ state }) => state);
}

function statesIn(log: string, name: AlertName): string[] {
  const lines = log.split("\n").filter((line) => line.includes(`"alert":"${name}"`));
  return lines.map((line) => /"msg":"alert (firing|resolved|still firing)/.exec(line)?.[1] ?? line);
}

async function until(test: () => Promise<boolean>, limitMs: number, otherwise: string | (() => string)): Promise<void> {
  for (const limit = performance.now() + limitMs; performance.now() < limit; await delay(LOOK_MS))
    if (await test()) return;
  throw new Error(`${typeof otherwise === "string" ? otherwise : otherwise()} within ${limitMs} ms`);
}

function urlFile(folder: string, url: string): string {
  const path = join(folder, "webhook");
  writeFileSync(path, url);
  chmodSync(path, 0o600);
  return path;
}
