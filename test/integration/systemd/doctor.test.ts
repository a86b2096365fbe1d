import { createHash } from "node:crypto";
import { chmodSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import type { CheckResult } from "../../../src/lib/doctor/check.ts";
import {
  CONTROL_SOCKET,
  SETTINGS_FILE,
  SOCKET,
  writeDaemonUnit,
  writeSettings,
} from "../../support/systemd/daemon-unit.ts";
import { launcherScript } from "../../support/deploy/launcher.ts";
import { Machine } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

const UNIT = "combot-enhanced.service";
const COMBOT = fileURLToPath(new URL("../../../bin/run.js", import.meta.url));
const LONG = { timeout: 60_000, interval: 200 };
const TARGET = "/etc/systemd/system/combot.target";

const linesOf = (text: string): string[] => text.trim().split("\n");

async function crashTooOften(machine: Machine): Promise<void> {
  for (let tries = 0; (await machine.property(UNIT, "ActiveState")) !== "failed" && tries < 200; tries++)
    await machine.run(["systemctl", "kill", "--signal=SIGKILL", UNIT]);
}

/** Undefined where nobody answers. */
async function healthOf(machine: Machine): Promise<unknown> {
  try {
    const { text } = await callSocket({ socketPath: machine.path(SOCKET), path: "/api/health/" });
    return (JSON.parse(text) as { readonly status: unknown }).status;
  } catch {
    return undefined;
  }
}

interface Sabotage {
  readonly what: string;
  /** The check that has to notice. */
  readonly check: string;
  readonly status: "warn" | "fail";
  readonly do: (machine: Machine) => Promise<unknown>;
  readonly command: string;
  /** Once it is mended, the machine is as it was. */
  readonly leavesNothing?: true;
}

const SABOTAGES: readonly Sabotage[] = [
  {
    what: "the service was stopped",
    check: "units-running",
    status: "fail",
    do: (machine) => machine.sh("systemctl", "stop", UNIT),
    command: `systemctl start ${UNIT}`,
  },
  {
    what: "five crashes in five minutes",
    check: "units-running",
    status: "fail",
    do: crashTooOften,
    command: `systemctl reset-failed ${UNIT} && systemctl start ${UNIT}`,
  },
  {
    what: "five crashes in five minutes, told first",
    check: "health",
    status: "fail",
    do: crashTooOften,
    command: `systemctl reset-failed ${UNIT} && systemctl restart ${UNIT}`,
  },
  {
    what: "five crashes in five minutes, beside a unit that systemd has not loaded",
    check: "units-running",
    status: "fail",
    do: async (machine) => {
      machine.write(TARGET, "[Unit]\nDescription=all of it\n");
      await crashTooOften(machine);
    },
    command: `systemctl reset-failed ${UNIT} && systemctl start ${UNIT} combot.target`,
  },
  {
    what: "the service was disabled",
    check: "units-enabled",
    status: "warn",
    do: (machine) => machine.sh("systemctl", "disable", UNIT),
    command: `systemctl enable ${UNIT}`,
    leavesNothing: true,
  },
  {
    what: "the daemon crashed once",
    check: "restarts",
    status: "warn",
    do: async (machine) => {
      await machine.sh("systemctl", "kill", "--signal=SIGKILL", UNIT);
      await expect.poll(() => machine.property(UNIT, "NRestarts"), LONG).toBe("1");
      await expect.poll(() => machine.property(UNIT, "ActiveState"), LONG).toBe("active");
    },
    command: `systemctl reset-failed ${UNIT}`,
    leavesNothing: true,
  },
  {
    what: "the unit was edited and not read again",
    check: "units-current",
    status: "warn",
    do: async (machine) =>
      machine.write(`/etc/systemd/system/${UNIT}`, `${machine.read(`/etc/systemd/system/${UNIT}`)}# edited\n`),
    command: "systemctl daemon-reload",
    leavesNothing: true,
  },
  {
    what: "a setting that takes a restart was reloaded",
    check: "units-current",
    status: "warn",
    do: async (machine) => {
      writeSettings(machine, ["WORKERS=1"]);
      await machine.sh("systemctl", "reload", UNIT);
      await expect.poll(() => machine.property(UNIT, "StatusText"), LONG).toContain("restart for WORKERS");
    },
    command: `systemctl restart ${UNIT}`,
  },
  {
    what: "MemoryHigh on a machine without swap",
    check: "memory-high",
    status: "fail",
    do: async (machine) => {
      machine.write(`/etc/systemd/system/${UNIT}.d/high.conf`, "[Service]\nMemoryHigh=1500M\n");
      await machine.sh("systemctl", "daemon-reload");
    },
    command: `systemctl set-property ${UNIT} MemoryHigh=infinity`,
  },
  {
    what: "the memory limit was taken away",
    check: "limits",
    status: "warn",
    do: async (machine) => {
      machine.write(`/etc/systemd/system/${UNIT}.d/max.conf`, "[Service]\nMemoryMax=infinity\n");
      await machine.sh("systemctl", "daemon-reload");
    },
    command: `systemctl set-property ${UNIT} MemoryMax=`,
  },
  {
    what: "the user socket was opened to all",
    check: "sockets",
    status: "fail",
    do: async (machine) => chmodSync(machine.path(SOCKET), 0o666),
    command: `chmod 0660 ${SOCKET}`,
    leavesNothing: true,
  },
  {
    what: "the control socket was removed",
    check: "sockets",
    status: "fail",
    do: async (machine) => rmSync(machine.path(CONTROL_SOCKET)),
    command: `systemctl restart ${UNIT}`,
  },
  {
    what: "the daemon hangs",
    check: "health",
    status: "fail",
    do: async (machine) => machine.sh("kill", "-STOP", await machine.property(UNIT, "MainPID")),
    command: `systemctl restart ${UNIT}`,
  },
  {
    what: "a credential was opened to all",
    check: "secrets",
    status: "fail",
    do: async (machine) => machine.write("/etc/combot/credentials/redis-password", "secret\n", 0o644),
    command: "chmod 0600 /etc/combot/credentials/redis-password",
    leavesNothing: true,
  },
  {
    what: "the settings were opened to all",
    check: "secrets",
    status: "fail",
    do: async (machine) => chmodSync(machine.path(SETTINGS_FILE), 0o644),
    command: `chmod 0640 ${SETTINGS_FILE}`,
    leavesNothing: true,
  },
];

sayIfNotTested("doctor on sabotaged machines");

describe.runIf(hasMachines)("doctor", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.boot();
    machine.write("/usr/local/bin/combot", launcherScript(COMBOT), 0o755);
    // A machine this small may run fewer processes than the ten largest that are to be named.
    for (let unit = 0; unit < 5; unit++) await machine.sh("systemd-run", "sleep", "infinity");
  });
  afterAll(() => machine.stop());

  /** Whether the next test may have the machine as the last one left it: a new daemon for each would be most of the time. */
  let isWell = false;

  beforeEach(async () => {
    const isKept = isWell;
    isWell = false;
    if (isKept) return;
    const stop = ["kill --signal=SIGKILL", "stop", "reset-failed"].map((verb) => `systemctl ${verb} ${UNIT}`);
    await machine.run(["sh", "-c", [...stop, "systemctl stop combot.target"].join("; ")]);
    const overrides = [`/etc/systemd/system/${UNIT}.d`, `/etc/systemd/system.control/${UNIT}.d`];
    for (const path of [...overrides, "/etc/combot", TARGET])
      rmSync(machine.path(path), { recursive: true, force: true });
    await writeDaemonUnit(machine, { service: ["MemoryMax=3G", "TimeoutStopSec=2"] });
    await machine.sh("systemctl", "enable", "--now", UNIT);
    await vi.waitUntil(async () => (await healthOf(machine)) === "ok", LONG);
  });

  async function examine(): Promise<{ readonly exit: number | null; readonly checks: readonly CheckResult[] }> {
    const { status, stdout } = await machine.run(["combot", "doctor", "--json"]);
    return { exit: status, checks: (JSON.parse(stdout) as { checks: readonly CheckResult[] }).checks };
  }

  async function find(name: string): Promise<CheckResult> {
    const { checks } = await examine();
    return checks.find((check) => check.name === name)!;
  }

  test("finds nothing that fails on a machine that is well, with ten processes and the limits of the kernel", async () => {
    const { exit, checks } = await examine();
    expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
    expect(exit).toBe(0);
    expect(checks.find(({ name }) => name === "memory")?.details).toHaveLength(10);
    expect(checks.find(({ name }) => name === "limits")?.found).toContain(String(3 * 2 ** 30));
    isWell = true;
  });

  test.for(SABOTAGES)("$what: noticed, and mended by the command it names", async (sabotage) => {
    await sabotage.do(machine);
    const { exit, checks } = await examine();
    const result = checks.find(({ name }) => name === sabotage.check);
    expect(result).toMatchObject({ status: sabotage.status });
    expect(result?.command).toContain(sabotage.command);
    if (sabotage.status === "fail") expect(exit).toBe(4);
    await machine.sh("sh", "-c", result?.command ?? "");
    await expect.poll(async () => (await find(sabotage.check)).status, LONG).toBe("ok");
    isWell = sabotage.leavesNothing === true;
  });

  test("files that are not as deployed are named", async () => {
    const path = "/etc/combot/redis.conf";
    const sha256 = createHash("sha256").update("port 0\n").digest("hex");
    const manifest = { files: [{ path, mode: "0644", owner: "root:root", sha256 }] };
    machine.write("/var/lib/combot/deploy/manifest.json", JSON.stringify(manifest), 0o600);
    machine.write(path, "port 0\n");
    expect(await find("drift")).toMatchObject({ status: "ok" });
    machine.write(path, "port 6379\n");
    expect(await find("drift")).toMatchObject({ status: "fail", found: `not as deployed: ${path}` });
    isWell = true;
  });

  test("settings that an operator added are no drift, and deploy's own are", async () => {
    const env = machine.read(SETTINGS_FILE);
    const sha256 = createHash("sha256").update("another").digest("hex");
    const manifest = { files: [{ path: SETTINGS_FILE, mode: "0640", sha256, settings: { COMBOT_PROFILE: "auto" } }] };
    machine.write("/var/lib/combot/deploy/manifest.json", JSON.stringify(manifest), 0o600);
    machine.write(SETTINGS_FILE, `COMBOT_PROFILE=auto\nLOG_LEVEL=debug\n`, 0o640);
    expect(await find("drift")).toMatchObject({ status: "ok" });
    machine.write(SETTINGS_FILE, `COMBOT_PROFILE=t3.large\nLOG_LEVEL=debug\n`, 0o640);
    expect(await find("drift")).toMatchObject({ status: "fail", found: `not as deployed: ${SETTINGS_FILE}` });
    machine.write(SETTINGS_FILE, env, 0o640);
    isWell = true;
  });

  test("a user who may not open the sockets is told that, and not to restart what runs well", async () => {
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "combot", "doctor", "--json"];
    const { stdout } = await machine.run(nobody);
    const { checks } = JSON.parse(stdout) as { checks: readonly CheckResult[] };
    const found = expect.stringContaining("not known: You may not open") as string;
    const command = "sudo combot doctor";
    expect(checks.find(({ name }) => name === "health")).toMatchObject({ status: "warn", found, command });
    isWell = true;
  });

  test("a fault in the settings, and a Redis user without a password", async () => {
    machine.write(SETTINGS_FILE, "WORKERS=many\n", 0o640);
    machine.write("/etc/combot/redis.acl", "user default on nopass ~* +@all\n", 0o640);
    const { checks } = await examine();
    const found = Object.fromEntries(checks.map((check) => [check.name, check]));
    expect(found["settings"]).toMatchObject({ status: "fail" });
    expect(found["settings"]?.details?.join()).toContain("WORKERS=many");
    expect(found["redis-acl"]).toMatchObject({ status: "fail", found: "not confined: default" });
  });

  test("combot logs gives the unit's lines, with journalctl's flags and as JSON", async () => {
    const lines = linesOf(await machine.sh("combot", "logs", "--output=cat", "-n", "500"));
    // In the usual format, which it would have without the flag, a line begins with its date.
    expect(lines).toContainEqual(expect.stringMatching(/^\{.*"msg":"listening"/));
    const [last, ...more] = linesOf(await machine.sh("combot", "logs", "--json", "-n", "1"));
    expect(more).toEqual([]);
    expect(JSON.parse(last ?? "")).toMatchObject({ _SYSTEMD_UNIT: expect.any(String) as string });
    await machine.sh("systemd-run", "--wait", "--unit=combot-redis", "echo", "Ready to accept connections");
    const redis = await machine.sh("combot", "logs", "--redis", "--output=cat", "--grep=^Ready");
    expect(linesOf(redis)).toEqual(["Ready to accept connections"]);
  });
});
