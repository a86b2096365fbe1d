import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { treeOf } from "../../../scripts/support/process-tree.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import type { AlertsReply } from "../../../src/lib/protocol/alerts.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";
import { CONTROL_SOCKET, SOCKET, writeDaemonUnit, writeSettings } from "../../support/systemd/daemon-unit.ts";
import { Machine } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

const UNIT = "combot-enhanced";
const LONG = { timeout: 60_000, interval: 100 };
const WEBHOOK_FILE = "/etc/combot/webhook";
/** Prints which path was told what. The machine has a network of its own, so any port is free. */
const RECEIVER = `require("node:http").createServer(async (request, response) => {
  const alert = JSON.parse(Buffer.concat(await request.toArray()));
  console.log("told", request.url, alert.alert, alert.state);
  response.writeHead(204).end();
}).listen(8080, "127.0.0.1", () => console.log("listening"))`;

sayIfNotTested("readiness, watchdog and reload under a real systemd");

describe.runIf(hasMachines)("the daemon as a unit", () => {
  let machine: Machine;
  beforeAll(async () => void (machine = await Machine.boot()));
  afterEach(async () => {
    await machine.run(["systemctl", "kill", "--signal=SIGKILL", UNIT]);
    await machine.run(["systemctl", "stop", UNIT]);
    await machine.run(["systemctl", "reset-failed", UNIT]);
  });
  afterAll(() => machine.stop());

  const property = (name: string): Promise<string> => machine.property(UNIT, name);
  const status = (): Promise<string> => property("StatusText");
  const health = async (): Promise<Health> => {
    const { text } = await callSocket({ socketPath: machine.path(SOCKET), path: "/api/health/" });
    return JSON.parse(text) as Health;
  };
  const workers = async (): Promise<readonly number[]> => {
    const reply = await callSocket({ socketPath: machine.path(CONTROL_SOCKET), path: "/api/process/status/" });
    return (JSON.parse(reply.text) as { workers: { pid: number }[] }).workers.map(({ pid }) => pid);
  };

  test("is ready once its socket answers, and its status says what it serves", async () => {
    await writeDaemonUnit(machine, {});
    await machine.sh("systemctl", "start", UNIT);
    expect((await health()).version).toMatch(/^\d/);
    await expect.poll(status, LONG).toMatch(/^2 workers, model \S+@[0-9a-f]{4}, \d+% memory$/);
  });

  test("stops in order, and says that it does", async () => {
    await writeDaemonUnit(machine, {});
    await machine.sh("systemctl", "start", UNIT);
    await machine.sh("systemctl", "stop", UNIT);
    expect(await property("Result")).toBe("success");
    expect(await property("ExecMainStatus")).toBe("0");
  });

  test("a load longer than the watchdog waits: fed all the while, no restart, health says why", async () => {
    // Five times as long is over before a worker that was stopped before its program began is given up, after ten seconds.
    await writeDaemonUnit(machine, { settings: ["PRELOAD=false"], service: ["WatchdogSec=1s"] });
    await machine.sh("systemctl", "start", UNIT);
    await callSocket({ socketPath: machine.path(CONTROL_SOCKET), method: "POST", path: "/api/model/load/" });
    // A worker that is stopped while it loads is one that loads for as long as we like.
    const started = (): number[] => treeOf(machine.pid).filter((pid) => commandOf(pid).includes("workers/child"));
    await expect.poll(started, { interval: 1 }).toHaveLength(2);
    const loading = started();
    for (const pid of loading) process.kill(pid, "SIGSTOP");
    expect(loading).toHaveLength(2);
    const fedAt = (): Promise<string> => property("WatchdogTimestampMonotonic");
    const seen = new Set<string>();
    // Ten signs of life are five times as long as the watchdog waits.
    await expect.poll(async () => seen.add(await fedAt()).size, LONG).toBeGreaterThan(10);
    expect(await property("NRestarts")).toBe("0");
    expect(await health()).toMatchObject({
      status: "unhealthy",
      checks: { model: { detail: expect.stringMatching(/^loading/) } },
    });
    expect(await status()).toContain("0 workers (loading)");
    for (const pid of loading) process.kill(pid, "SIGCONT");
    await expect.poll(async () => (await health()).status, LONG).toBe("ok");
    expect(await property("NRestarts")).toBe("0");
  });

  test("a loop that does not turn any more is restarted by the watchdog, and no worker is left behind", async () => {
    await writeDaemonUnit(machine, { service: ["WatchdogSec=2s", "WatchdogSignal=SIGKILL"] });
    await machine.sh("systemctl", "start", UNIT);
    await expect.poll(async () => (await health()).status, LONG).toBe("ok");
    const [before, old] = [await property("MainPID"), await workers()];
    await machine.sh("kill", "-STOP", before);
    await expect.poll(() => property("NRestarts"), LONG).toBe("1");
    await expect.poll(async () => (await health().catch(() => undefined))?.status, LONG).toBe("ok");
    expect(await property("MainPID")).not.toBe(before);
    for (const pid of old) expect((await machine.run(["kill", "-0", String(pid)])).status).not.toBe(0);
  });

  test("a reload takes the live settings, names those that take a restart, and keeps the process", async () => {
    await writeDaemonUnit(machine, { settings: ["MAX_REQUESTS=500"] });
    await machine.sh("systemctl", "start", UNIT);
    const pid = await property("MainPID");
    const firing = async (): Promise<string[]> => {
      const { text } = await callSocket({ socketPath: machine.path(CONTROL_SOCKET), path: "/api/alerts/" });
      return (JSON.parse(text) as AlertsReply).firing.map(({ alert }) => alert);
    };
    expect(await firing()).toEqual([]);
    writeSettings(machine, ["MAX_REQUESTS=77", "WORKERS=1", "LOG_LEVEL=debug", "ALERT_DISK_FREE=1", "ALERT_AFTER=0"]);
    await machine.sh("systemctl", "reload", UNIT);
    await expect.poll(status, LONG).toContain("restart for WORKERS");
    const limits = await callSocket({ socketPath: machine.path(CONTROL_SOCKET), path: "/api/process/status/" });
    expect(JSON.parse(limits.text)).toMatchObject({ limits: { maxRequests: 77 } });
    // No disk is all free.
    await expect.poll(firing, LONG).toEqual(["disk"]);
    expect(await property("MainPID")).toBe(pid);
    expect(await property("ActiveState")).toBe("active");
    expect(await machine.journal(UNIT)).toContain('"needRestart":["WORKERS"]');
    const config = await callSocket({ socketPath: machine.path(CONTROL_SOCKET), path: "/api/config/" });
    const { settings } = JSON.parse(config.text) as { settings: { name: string; value: string }[] };
    const shown = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
    expect(shown).toMatchObject({ MAX_REQUESTS: "77", LOG_LEVEL: "debug", WORKERS: "2" });
  });

  test("a reload takes another webhook: what comes then is told there, and not where it was told before", async () => {
    await machine.sh("systemd-run", "--unit=receiver", process.execPath, "-e", RECEIVER);
    onTestFinished(() => machine.sh("systemctl", "stop", "receiver").then(() => undefined));
    const said = async (): Promise<string[]> => (await machine.journal("receiver")).split("\n");
    const told = async (): Promise<string[]> => (await said()).filter((line) => line.startsWith("told"));
    await expect.poll(said, LONG).toContain("listening");
    const settings = [`ALERT_WEBHOOK_URL_FILE=${WEBHOOK_FILE}`, "ALERT_AFTER=0"];
    machine.write(WEBHOOK_FILE, "http://127.0.0.1:8080/before", 0o600);
    await writeDaemonUnit(machine, { settings: [...settings, "ALERT_DISK_FREE=1"] });
    await machine.sh("systemctl", "start", UNIT);
    const pid = await property("MainPID");
    await expect.poll(told, LONG).toEqual(["told /before disk firing"]);
    machine.write(WEBHOOK_FILE, "http://127.0.0.1:8080/after");
    writeSettings(machine, [...settings, "ALERT_DISK_FREE=0.000001"]);
    await machine.sh("systemctl", "reload", UNIT);
    await expect.poll(told, LONG).toEqual(["told /before disk firing", "told /after disk resolved"]);
    expect(await property("MainPID")).toBe(pid);
    expect(await machine.journal(UNIT)).not.toContain("8080/");
  });

  test("a reload of faulty settings changes nothing, and says so", async () => {
    await writeDaemonUnit(machine, { settings: ["MAX_REQUESTS=500"] });
    await machine.sh("systemctl", "start", UNIT);
    writeSettings(machine, ["MAX_REQUESTS=lots"]);
    await machine.sh("systemctl", "reload", UNIT);
    await expect.poll(status, LONG).toContain("last reload refused");
    expect(await machine.journal(UNIT)).toContain("MAX_REQUESTS=lots");
    const { text } = await callSocket({ socketPath: machine.path(CONTROL_SOCKET), path: "/api/process/status/" });
    expect(JSON.parse(text)).toMatchObject({ limits: { maxRequests: 500 } });
  });

  test("children can't speak for it: no worker has the notification socket", async () => {
    await writeDaemonUnit(machine, {});
    await machine.sh("systemctl", "start", UNIT);
    await expect.poll(async () => (await workers()).length, LONG).toBe(2);
    for (const pid of await workers()) {
      const environment = readFileSync(machine.path(`/proc/${pid}/environ`), "latin1");
      expect(environment).not.toContain("NOTIFY_SOCKET");
    }
  });
});

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1");
}
