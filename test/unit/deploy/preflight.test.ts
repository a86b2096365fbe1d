import { expect, test } from "vitest";
import { DEFAULT_WISHES, type Facts } from "../../../src/lib/deploy/facts.ts";
import { findPreflightFaults, type PreflightOptions } from "../../../src/lib/deploy/preflight.ts";
import type { PreflightFault } from "../../../src/lib/deploy/preflight-fault.ts";
import { GIB, MIB } from "../../../src/lib/units.ts";
import { DEBIAN, MACHINES, RELEASE } from "./machines.ts";

const OPTIONS: PreflightOptions = {
  release: RELEASE,
  needsRoot: true,
  modelFault: null,
  nodeFault: null,
  hasOtherRedis: false,
  disable: null,
  missingCredentials: [],
  weightsBytes: 0,
  assumed: [],
};

function faultsOf(
  facts: Partial<Facts>,
  options: Partial<PreflightOptions> = {},
  modelDir: string | null = null,
): readonly PreflightFault[] {
  return findPreflightFaults({ ...DEBIAN, ...facts }, { ...DEFAULT_WISHES, modelDir }, { ...OPTIONS, ...options });
}

test.each(Object.entries(MACHINES))("%s is ready", (_, facts) => {
  expect(faultsOf(facts)).toEqual([]);
});

/** One of the places other than the others. */
function at(path: string, change: Partial<Facts["places"][number]>): Partial<Facts> {
  return { places: DEBIAN.places.map((place) => (place.path === path ? { ...place, ...change } : place)) };
}

test("a noexec /tmp or /var is no fault: nothing of a deploy is run there", () => {
  for (const path of ["/tmp", "/var/lib/combot"]) expect(faultsOf(at(path, { isNoExec: true }))).toEqual([]);
});

test("with swap or without, of any size, the plan is the same", () => {
  for (const swapBytes of [0, GIB, 16 * GIB])
    expect(faultsOf({ machine: { ...DEBIAN.machine, swapBytes } })).toEqual([]);
});

const packaged = { pid: 7, command: "/usr/bin/redis-server 127.0.0.1:6379", unit: "redis-server.service" };

test.each<[string, Partial<Facts>, Partial<PreflightOptions>, string]>([
  ["no root", { isRoot: false }, {}, "sudo combot deploy"],
  ["no Redis on Debian", { redis: null }, {}, "apt-get install -y redis-server"],
  [
    "no Redis on Amazon Linux",
    { redis: null, distribution: { id: "amzn", version: "2023", name: "" } },
    {},
    "dnf install -y valkey",
  ],
  ["the package's Redis on the port", { portHolder: packaged }, {}, "combot deploy --disable-packaged-redis"],
  [
    "a stranger on the port",
    { portHolder: { ...packaged, unit: null } },
    {},
    "combot deploy --redis-port 0, or another port",
  ],
  [
    "a stranger on the port of COMBOT_LISTEN",
    { listenHolder: { ...packaged, unit: null } },
    {},
    "name another port in /etc/combot/combot.env",
  ],
  [
    "a credential that is not there",
    {},
    { missingCredentials: ["/etc/combot/credentials/token"] },
    "install -m 0600 YOUR-FILE /etc/combot/credentials/token",
  ],
  [
    "too little memory",
    { machine: { cores: 2, memoryBytes: 4 * GIB, swapBytes: 0 } },
    {},
    "combot deploy --profile auto",
  ],
  ["a daemon by hand", { byHand: [{ pid: 42, command: "node bin/daemon.js", unit: null }] }, {}, "kill 42"],
  [
    "a Node that is not the one named",
    {},
    { nodeFault: { found: "it has another SHA-256", mend: "rm -rf node_modules && npm ci" } },
    "rm -rf node_modules && npm ci",
  ],
  ["a model that can't be served", {}, { modelFault: "no model.onnx" }, "combot model check"],
  ["a server half installed", { unfinishedPackages: ["redis-server"] }, {}, "dpkg --configure -a"],
  [
    "no Redis, and another package half installed",
    { redis: null, unfinishedPackages: ["man-db"] },
    {},
    "dpkg --configure -a && apt-get install -y redis-server",
  ],
  ["a program under nvm", { isRoot: false, asRoot: "sudo /n/node /n/run.js" }, {}, "sudo /n/node /n/run.js deploy"],
  [
    "a daemon by a unit of the operator's",
    { byHand: [{ pid: 42, command: "node bin/daemon.js", unit: "bot.service" }] },
    {},
    "systemctl disable --now bot.service",
  ],
  [
    "a daemon by a unit of a user's",
    { byHand: [{ pid: 42, command: "node bin/daemon.js", unit: "user@1000.service" }] },
    {},
    "kill 42",
  ],
  [
    "a unit by hand under the other name",
    { oldAlias: "/etc/systemd/system/combot.service" },
    {},
    "systemctl disable --now combot.service && mv /etc/systemd/system/combot.service /root/",
  ],
  [
    "a unit that is masked",
    { units: { "combot-redis.service": { active: "inactive", enabled: "masked-runtime" } } },
    {},
    "systemctl unmask combot-redis.service",
  ],
  [
    "SELinux and no restorecon",
    { selinux: { mode: "enforcing", canLabel: false } },
    {},
    "apt-get install -y policycoreutils",
  ],
  ["an /opt that is closed", { folders: { "/opt": { mode: 0o700, owner: "root:root" } } }, {}, "chmod a+x /opt"],
  [
    "an /opt on which nothing may be run",
    at("/opt/combot/releases", { mount: "/opt", isNoExec: true }),
    {},
    "mount -o remount,exec /opt, and take noexec out of /etc/fstab",
  ],
  [
    "a /var that is read-only",
    at("/var/lib/combot", { mount: "/var", isReadOnly: true }),
    {},
    "mount -o remount,rw /var",
  ],
  [
    "a full /var",
    at("/var/lib/combot", { device: 2, mount: "/var", freeBytes: MIB }),
    {},
    "make room on the disk: df -h /var",
  ],
  [
    "a /var without room for what is saved of the journal",
    { ...at("/var/lib/combot", { device: 2, mount: "/var", freeBytes: GIB }), journalBytes: GIB },
    {},
    "make room on the disk: df -h /var",
  ],
  [
    "an /opt without inodes",
    at("/opt/combot/releases", { device: 2, mount: "/opt", freeFiles: 3000 }),
    {},
    "remove files that nobody needs: df -i /opt",
  ],
  [
    "a full disk",
    { places: DEBIAN.places.map((place) => ({ ...place, freeBytes: GIB / 8 })) },
    {},
    "make room on the disk: df -h /",
  ],
])("%s: the command that mends it is named", (_, facts, options, mend) => {
  expect(faultsOf(facts, options).map((fault) => fault.mend)).toEqual([mend]);
});

test("an old systemd, and none", () => {
  expect(faultsOf({ systemdVersion: 247 })[0]?.found).toBe("systemd 247 is too old");
  expect(faultsOf({ systemdVersion: null })[0]?.check).toBe("systemd");
});

test("the package's Redis is no fault where it will be disabled, nor where another Redis is used", () => {
  expect(faultsOf({ portHolder: packaged }, { disable: packaged.unit })).toEqual([]);
  expect(faultsOf({ portHolder: packaged, redis: null }, { hasOtherRedis: true })).toEqual([]);
});

test.each([
  ["/home/me/model", "cp -r /home/me/model /srv/combot-model && combot deploy --model /srv/combot-model"],
  [
    "/home/me/model/onnx/model_fp16.onnx",
    "cp -r /home/me/model /srv/combot-model && combot deploy --model /srv/combot-model/onnx/model_fp16.onnx",
  ],
  ["/root/m/own.onnx", "cp -r /root/m /srv/combot-model && combot deploy --model /srv/combot-model/own.onnx"],
])("a model in a home folder can't be seen by the service: %s", (dir, mend) => {
  expect(faultsOf({}, {}, dir)[0]?.mend).toBe(mend);
});
