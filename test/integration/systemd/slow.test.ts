import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { CONTROL_SOCKET, SOCKET, writeDaemonUnit } from "../../support/systemd/daemon-unit.ts";
import { DeployedMachine, packProgram } from "../../support/deploy/deployed-machine.ts";
import { Machine, type Ran } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";
import { Wire, requestBytes } from "../http/support/wire.ts";

const UNIT = "combot-enhanced";
const CLI = new URL("../../../bin/run.js", import.meta.url).pathname;
/** Node's own start, of 30 ms on a fast machine, takes so long there, and everything else is as slow. */
const START_MS = 1000;
const DEPLOY_START_MS = 600;
const LIMIT_MS = 900_000;
/** Twice what a connection is spared on a fast machine, and less than KEEPALIVE. */
const PAUSE_MS = 2000;

sayIfNotTested("a machine that is slow");

/** Of a core. A fixed one is thirty times as slow on one machine and a hundred times on the next. */
function shareFor(startMs: number): number {
  const takenMs = [1, 2, 3].map(() => {
    const { stdout } = spawnSync(process.execPath, ["-p", "JSON.stringify(process.cpuUsage())"], { encoding: "utf8" });
    const { user, system } = JSON.parse(stdout) as NodeJS.CpuUsage;
    return (user + system) / 1000;
  });
  return Math.min(...takenMs) / startMs;
}

/** A first deploy on a machine of its own. It takes a share of a core for minutes, and so goes on beside the tests of the other. */
class SlowDeploy {
  readonly #packed = packProgram();
  readonly #deployed: DeployedMachine;
  readonly ran: Promise<Ran>;

  private constructor(machine: Machine) {
    this.#deployed = new DeployedMachine(machine, this.#packed.folder);
    machine.slowDown(shareFor(DEPLOY_START_MS));
    this.ran = this.#deployed.deploy();
    // Whoever awaits it is told; until then nobody does.
    this.ran.catch(() => undefined);
  }

  static async start(): Promise<SlowDeploy> {
    return new SlowDeploy(await Machine.boot());
  }

  restartsOf(unit: string): Promise<string> {
    return this.#deployed.machine.property(unit, "NRestarts");
  }

  async end(): Promise<void> {
    this.#deployed.machine.slowDown(undefined);
    await this.#deployed.machine.stop();
    this.#packed.remove();
  }
}

describe.runIf(hasMachines)("on a machine where Node takes a second to start", { timeout: LIMIT_MS }, () => {
  let machine: Machine;
  let deploy: SlowDeploy;
  beforeAll(async () => {
    deploy = await SlowDeploy.start();
    machine = await Machine.boot();
    const settings = ["WORKERS=1", "REQUEST_TIMEOUT=300"];
    await writeDaemonUnit(machine, {
      settings,
      service: ["TimeoutStartSec=60", "TimeoutStopSec=35", "WatchdogSec=5"],
    });
    machine.slowDown(shareFor(START_MS));
  }, LIMIT_MS);
  afterAll(async () => {
    machine?.slowDown(undefined);
    await machine?.stop();
    await deploy?.end();
  }, LIMIT_MS);

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

  test("it stops in order, and loses no call of a client that pauses as it takes there", async () => {
    const wire = new Wire(machine.path(SOCKET)).send(requestBytes({ path: ENDPOINTS.health.path }));
    expect((await wire.reply())?.status).toBe(200);
    const stopped = machine.sh("systemctl", "stop", UNIT);
    await delay(PAUSE_MS);
    const body = '{"text":"where is my parcel?"}';
    const reply = await wire.send(requestBytes({ method: "POST", path: ENDPOINTS.classify.path, body })).reply();
    expect([reply?.status, reply?.headers["connection"]]).toEqual([200, "close"]);
    await stopped;
    expect(await machine.property(UNIT, "Result")).toBe("success");
  });

  test("and on one a little faster a first deploy ends well, and nothing was started twice", async () => {
    const { status, stderr } = await deploy.ran;
    expect(status, stderr).toBe(0);
    expect(await deploy.restartsOf("combot-enhanced")).toBe("0");
    expect(await deploy.restartsOf("combot-redis")).toBe("0");
  });
});
