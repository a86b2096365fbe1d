import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Machine } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

const UNIT = `[Service]
ExecStart=sleep infinity
MemoryMax=48M
[Install]
WantedBy=multi-user.target
`;

sayIfNotTested("the machines that tests boot");

describe.runIf(hasMachines)("a machine", () => {
  let machine: Machine;
  beforeAll(async () => void (machine = await Machine.boot()));
  afterAll(() => machine.stop());

  test("has systemd as its first process and nothing failed", async () => {
    expect(await machine.sh("cat", "/proc/1/comm")).toBe("systemd");
    expect(await machine.sh("systemctl", "is-system-running")).toBe("running");
  });

  test("has a unit's limits from its own kernel cgroup", async () => {
    machine.write("/etc/systemd/system/limited.service", UNIT);
    await machine.sh("systemctl", "daemon-reload");
    await machine.sh("systemctl", "enable", "--now", "limited");
    const files = "/sys/fs/cgroup/memory/system.slice/limited.service/memory.limit_in_bytes";
    const unified = "/sys/fs/cgroup/system.slice/limited.service/memory.max";
    const limit = await machine.sh("sh", "-c", `cat ${files} 2>/dev/null || cat ${unified}`);
    expect(Number(limit)).toBe(48 * 2 ** 20);
  });

  test("runs commands with input, as another user, and tells how they ended", async () => {
    expect(await machine.run(["cat"], { input: "hello" })).toMatchObject({ status: 0, stdout: "hello" });
    expect((await machine.run(["id", "-un"], { user: "nobody" })).stdout.trim()).toBe("nobody");
    expect((await machine.run(["sh", "-c", "echo no >&2; exit 7"])).status).toBe(7);
    await expect(machine.sh("false")).rejects.toThrow("false: 1");
  });

  test("keeps its files over a reboot, starts what is enabled, and this machine sees nothing of it", async () => {
    machine.write("/etc/kept", "kept\n");
    machine.write("/run/lost", "lost\n");
    await machine.reboot();
    expect(machine.read("/etc/kept")).toBe("kept\n");
    expect(existsSync(machine.path("/run/lost"))).toBe(false);
    await expect.poll(() => machine.property("limited", "ActiveState")).toBe("active");
    expect(existsSync("/etc/kept")).toBe(false);
    expect(existsSync("/etc/systemd/system/limited.service")).toBe(false);
  });

  test("can't change the kernel's settings", async () => {
    expect((await machine.run(["sh", "-c", "echo 1 >/proc/sys/vm/overcommit_memory"])).status).not.toBe(0);
  });
});

test.runIf(hasMachines)("a machine that was stopped leaves nothing", async () => {
  const cgroupsBefore = ownCgroups();
  const machine = await Machine.boot();
  const { pid } = machine;
  await machine.stop();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(ownCgroups()).toEqual(cgroupsBefore);
  expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain("combot-machine");
});

/** As the top of each hierarchy has them: what lies below others may come and go while it is read. */
function ownCgroups(): string[] {
  const own = `combot-machine.${process.pid}.`;
  const tops = ["", ...readdirSync("/sys/fs/cgroup").map((name) => `/${name}`)].map((name) => `/sys/fs/cgroup${name}`);
  return tops
    .filter((top) => statSync(top).isDirectory())
    .flatMap((top) => readdirSync(top).filter((name) => name.includes(own)));
}
