import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import { CONTROL_SOCKET, SOCKET, writeDaemonUnit } from "../../support/systemd/daemon-unit.ts";
import { Machine } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

const UNIT = "combot-enhanced";
const CLI = new URL("../../../bin/run.js", import.meta.url).pathname;
/** Of one core: Node takes most of a second to start, and everything else thirty times as long as usual. */
const SHARE = 0.03;
const LIMIT_MS = 600_000;

sayIfNotTested("a machine that is slow");

describe.runIf(hasMachines)("on a machine with 3% of a core", { timeout: LIMIT_MS }, () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.boot();
    const settings = ["WORKERS=1", "REQUEST_TIMEOUT=300"];
    await writeDaemonUnit(machine, {
      settings,
      service: ["TimeoutStartSec=15", "TimeoutStopSec=35", "WatchdogSec=5"],
    });
    machine.slowDown(SHARE);
  });
  afterAll(async () => {
    machine?.slowDown(undefined);
    await machine?.stop();
  });

  const combot = (...args: string[]) => machine.run([process.execPath, CLI, ...args, "--socket", SOCKET]);

  test("the daemon starts and answers, and its watchdog waits for as long as it takes here", async () => {
    await machine.sh("systemctl", "start", UNIT);
    const { status, text } = await callSocket({
      socketPath: machine.path(SOCKET),
      method: "POST",
      path: "/api/classify/",
      body: { text: "where is my parcel?" },
    });
    expect({ status, text }).toMatchObject({ status: 200 });
    expect(await machine.property(UNIT, "NRestarts")).toBe("0");
    expect(await machine.property(UNIT, "WatchdogUSec")).toMatch(/^(\d{2,}|\d+min)/);
    const config = await callSocket({ socketPath: machine.path(CONTROL_SOCKET), path: "/api/config/" });
    expect(config.text).toContain("120, longer on a slow machine");
  });

  test("status has what systemd says, and doctor all that it asks for, with how slow it is", async () => {
    expect((await combot("status")).stdout).toMatch(/^systemd +active +combot-enhanced/m);
    const { checks } = JSON.parse((await combot("doctor", "--json")).stdout) as {
      checks: { name: string; found: string }[];
    };
    expect(checks.filter(({ found }) => found.startsWith("not known"))).toEqual([]);
    expect(checks.find(({ name }) => name === "speed")?.found).toMatch(/^slow machine: Node started in \d{3,} ms/);
  });

  test("it stops in order", async () => {
    await machine.sh("systemctl", "stop", UNIT);
    expect(await machine.property(UNIT, "Result")).toBe("success");
  });
});
