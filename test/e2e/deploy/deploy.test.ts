import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Machine, type Ran } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";
import { DeployedMachine, packProgram } from "../../support/deploy/deployed-machine.ts";
import { deploySabotaged, SABOTAGES } from "../../support/deploy/sabotages.ts";

sayIfNotTested("deploy on a real systemd");

const UNITS = [
  "combot-enhanced.service",
  "combot-enhanced.socket",
  "combot-redis.service",
  "combot-backup.timer",
  "combot-check.timer",
  "combot.target",
];
const LIMIT_MS = 300_000;
const LONG = { timeout: 60_000, interval: 100 };

// In this order, on one machine: a boot and a first deploy cost more than all the rest.
describe.skipIf(!hasMachines)("a bare machine", { timeout: LIMIT_MS }, () => {
  let packed: ReturnType<typeof packProgram>;
  let it: DeployedMachine;

  beforeAll(async () => {
    packed = packProgram();
    it = new DeployedMachine(await Machine.boot(), packed.folder);
  }, LIMIT_MS);

  afterAll(async () => {
    await it?.machine.stop();
    packed?.remove();
  }, LIMIT_MS);

  const active = async (): Promise<string[]> => {
    const { stdout } = await it.machine.run(["systemctl", "is-active", ...UNITS]);
    return stdout.trim().split("\n");
  };
  const mainPid = (unit: string): Promise<string> => it.machine.property(unit, "MainPID");

  test("--dry-run as nobody shows the plan and changes nothing", async () => {
    const command = [process.execPath, `${packed.folder}/bin/run.js`, "deploy", "--dry-run", "--profile", "auto"];
    const { status, stdout } = await it.machine.run([
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      ...command,
    ]);
    expect({ status, plan: stdout.includes("/etc/systemd/system/combot-enhanced.service") }).toEqual({
      status: 0,
      plan: true,
    });
    expect(await it.machine.sh("sh", "-c", "ls /etc/combot /opt/combot 2>/dev/null; true")).toBe("");
  });

  test("a daemon that runs by hand is named, and no second one is started", async () => {
    const byHand = it.machine.start([process.execPath, `${packed.folder}/bin/run.js`, "daemon"]);
    const find = ["pgrep", "-f", "bin/(daemon|run).js"];
    try {
      await expect
        .poll(() => it.machine.run(["ls", "/tmp/combot-0/combot.sock"]), { timeout: 30_000 })
        .toMatchObject({
          status: 0,
        });
      const { status, stderr } = await it.deploy();
      const pid = (await it.machine.sh(...find)).trim().split("\n")[0];
      expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining(`kill ${pid}`) as string });
      expect(await it.machine.sh("sh", "-c", "ls /etc/combot /opt/combot 2>/dev/null; true")).toBe("");
    } finally {
      byHand.kill("SIGTERM");
      await it.machine.run(["pkill", "-f", "bin/(daemon|run).js"]);
    }
    await expect.poll(() => it.machine.run(find)).toMatchObject({ status: 1 });
  });

  test("a first deploy: everything runs, and a text is classified", async () => {
    const { status, stderr } = await it.deploy();
    expect(status, stderr).toBe(0);
    expect(await active()).toEqual(UNITS.map(() => "active"));
    const report = await it.combot("status", "--json");
    expect(report.status).toBe(0);
    const { systemd } = JSON.parse(report.stdout) as { systemd: { unit: string; active: string }[] };
    expect(Object.fromEntries(systemd.map(({ unit, active }) => [unit, active]))).toEqual({
      ...Object.fromEntries(UNITS.map((unit) => [unit, "active"])),
      "combot-backup.service": "inactive",
      "combot-check.service": "inactive",
    });
    expect((await it.combot("classify", "where is my parcel")).stdout).toMatch(/^\w+\t0\.\d+/);
  });

  test("the limits that the kernel has are those of the unit", async () => {
    const limits = await it.machine.sh("cat", `/proc/${await mainPid("combot-enhanced.service")}/limits`);
    expect(limits).toMatch(/Max open files\s+16384/);
    expect(limits).toMatch(/Max core file size\s+0/);
    const group = (await it.machine.property("combot-enhanced.service", "ControlGroup")).slice(1);
    const read = (controller: string, name: string): Promise<string> =>
      it.machine.sh(
        "sh",
        "-c",
        `cat /sys/fs/cgroup/${controller}/${group}/${name} /sys/fs/cgroup/${group}/${name} 2>/dev/null; true`,
      );
    const memoryMax = await it.machine.property("combot-enhanced.service", "MemoryMax");
    expect([await read("memory", "memory.limit_in_bytes"), await read("memory", "memory.max")]).toContain(memoryMax);
    expect(await read("pids", "pids.max")).toContain("256");
  });

  test.each(["combot-enhanced.service", "combot-redis.service"])("the exposure of %s is at most 1.5", async (unit) => {
    const report = await it.machine.sh("systemd-analyze", "security", "--no-pager", unit);
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(report)?.[1])).toBeLessThanOrEqual(1.5);
  });

  test("a second deploy has nothing to do and restarts nothing", async () => {
    const pids = async (): Promise<string[]> =>
      Promise.all(["combot-enhanced.service", "combot-redis.service"].map(mainPid));
    const before = await pids();
    const { status, stderr } = await it.deploy();
    expect({ status, said: stderr.includes("Nothing to do") }).toEqual({ status: 0, said: true });
    expect(await pids()).toEqual(before);
  });

  test("secrets are in their files alone", async () => {
    const password = (await it.machine.sh("cat", "/etc/combot/credentials/redis-password")).trim();
    const places = "cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; journalctl --no-pager";
    expect(await it.machine.sh("sh", "-c", places)).not.toContain(password);
    const { stdout } = await it.combot("deploy", "--dry-run", "--diff", "--json", "--profile", "t3.xlarge");
    expect(stdout).not.toContain(password);
    const asNobody = (command: string): Promise<Ran["status"]> =>
      it.machine
        .run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", command])
        .then(({ status }) => status);
    expect(await asNobody("cat /etc/combot/credentials/redis-password")).not.toBe(0);
    expect(await asNobody("redis-cli -s /run/combot-redis/redis.sock ping | grep -q PONG")).not.toBe(0);
    expect(await asNobody("redis-cli -p 6379 info 2>&1 | grep -q redis_version")).not.toBe(0);
    expect(await asNobody("curl -s --unix-socket /run/combot/control.sock http://x/api/health/")).not.toBe(0);
  });

  test("what changes is restarted alone, and --rollback takes it back", async () => {
    const before = await it.fingerprint();
    const daemon = await mainPid("combot-enhanced.service");
    const changed = await it.deploy("--redis-port", "0");
    expect(changed.status, changed.stderr).toBe(0);
    expect(await mainPid("combot-enhanced.service")).toBe(daemon);
    expect(await it.fingerprint()).not.toBe(before);
    const back = await it.combot("deploy", "--rollback", "--yes");
    expect(back.status, back.stderr).toBe(0);
    expect(await it.fingerprint()).toBe(before);
  });

  test("a secret replaced by hand reaches Redis and the daemon; COMBOT_LISTEN is a socket of systemd's", async () => {
    const credentials = "/etc/combot/credentials";
    it.machine.write(`${credentials}/redis-password`, `${"p".repeat(43)}\n`, 0o600);
    it.machine.write(`${credentials}/token`, `${"t".repeat(43)}\n`, 0o600);
    const settings = `${it.machine.read("/etc/combot/combot.env")}COMBOT_LISTEN=127.0.0.1:8090\nCOMBOT_TOKEN_FILE=token\n`;
    it.machine.write("/etc/combot/combot.env", settings);
    const changed = await it.deploy();
    expect(changed.status, changed.stderr).toBe(0);
    const health = async (): Promise<unknown> =>
      (JSON.parse((await it.combot("status", "--json")).stdout) as { health: unknown }).health;
    await expect.poll(health, LONG).toMatchObject({ status: "ok", checks: { redis: { status: "ok" } } });
    const inode = '$2 ~ /:1F9A$/ && $4 == "0A" { print $10 }';
    const listening = (): Promise<string> => it.machine.sh("awk", inode, "/proc/net/tcp");
    const before = await listening();
    await it.machine.sh("systemctl", "restart", "combot-enhanced");
    const ask = ["curl", "-s", "-H", `Authorization: Bearer ${"t".repeat(43)}`, "http://127.0.0.1:8090/api/health/"];
    expect(JSON.parse(await it.machine.sh(...ask))).toMatchObject({ version: expect.any(String) as string });
    expect(await listening()).toBe(before);
  });

  test("the timer's unit makes a backup and ends well; no secret is in it", async () => {
    const unit = "combot-backup.service";
    await it.machine.sh("systemctl", "start", unit);
    expect(await it.machine.property(unit, "Result")).toBe("success");
    const written = await it.machine.sh("sh", "-c", "cat /var/lib/combot/backups/*/*");
    expect(written).toContain('"REDIS_PASSWORD"');
    for (const secret of ["p", "t"]) expect(written).not.toContain(secret.repeat(43));
  });

  test("a daemon that was killed comes back, and its sockets never went; one that was stopped stays stopped", async () => {
    const [pid, opened] = [await mainPid(UNITS[0]!), await it.machine.property(UNITS[1]!, "InvocationID")];
    await it.machine.sh("kill", "-KILL", pid);
    await expect.poll(async () => (await it.combot("classify", "hello")).status, LONG).toBe(0);
    expect(await mainPid(UNITS[0]!)).not.toBe(pid);
    expect(await it.machine.property(UNITS[1]!, "InvocationID")).toBe(opened);

    const poll = "while :; do curl -s --unix-socket /run/combot/combot.sock http://x/api/health/ >/dev/null; done";
    const client = it.machine.start(["sh", "-c", poll]);
    await it.machine.sh("systemctl", "stop", "combot-enhanced");
    await expect.poll(async () => (await active()).slice(0, 2), LONG).toEqual(["inactive", "inactive"]);
    await it.machine.sh("sleep", "0.5");
    expect((await active()).slice(0, 2)).toEqual(["inactive", "inactive"]);
    client.kill();
    await it.machine.sh("systemctl", "start", "combot-enhanced");
    expect(await active()).toEqual(UNITS.map(() => "active"));
  });

  test("combot.target is all of it", async () => {
    await it.machine.sh("systemctl", "stop", "combot.target");
    await expect.poll(active, LONG).toEqual(UNITS.map(() => "inactive"));
    await it.machine.sh("systemctl", "start", "combot.target");
    expect(await active()).toEqual(UNITS.map(() => "active"));
  });

  test("a deploy that fails leaves every file as it was, and the old daemon serving", async () => {
    const before = await it.fingerprint();
    // It passes root's check, and then its user may not read it.
    await it.machine.sh("cp", "-r", `${packed.folder}/models/shop-intents`, "/srv/model");
    await it.machine.sh("chmod", "700", "/srv/model");
    const { status, stderr } = await it.deploy("--model", "/srv/model");
    const step = stderr.includes('Step "restart combot-enhanced.service" failed');
    expect({ status, step, log: stderr.includes("COMBOT_MODEL_DIR") }, stderr).toEqual({
      status: 4,
      step: true,
      log: true,
    });
    expect(await it.fingerprint()).toBe(before);
    expect(await active()).toEqual(UNITS.map(() => "active"));
    expect((await it.combot("classify", "hello")).status).toBe(0);
  });

  test.each(SABOTAGES.filter(({ isTested }) => isTested))(
    "$what: all as before, the old version serving",
    async (sabotage) => {
      const { unsaid, status, said, before, after, answers } = await deploySabotaged(it, sabotage);
      expect({ unsaid, status }, said).toEqual({ unsaid: [], status: 4 });
      expect(after).toBe(before);
      expect(answers).toMatch(/^\w+\t0\.\d+/);
    },
  );

  test("a log storm is cut: what it leaves on disk is bounded", async () => {
    const dropIn = "/etc/systemd/system/combot-enhanced.service.d";
    const storm = "/bin/sh -c 'yes a line of a storm that nobody wants to read | head -n 300000'";
    it.machine.write(`${dropIn}/storm.conf`, `[Service]\nExecStartPost=${storm}\n`);
    await it.machine.sh("systemctl", "daemon-reload");
    const fromMs = Date.now();
    await it.machine.sh("systemctl", "restart", "combot-enhanced");
    await it.machine.sh("journalctl", "--sync");
    const intervals = 1 + Math.floor((Date.now() - fromMs) / 30_000);
    rmSync(it.machine.path(dropIn), { recursive: true });
    const kept = (await it.machine.journal("combot-enhanced")).split("a line of a storm").length - 1;
    // journald takes up to five times the unit's 2,000 in 30 s where much disk is free; a slow machine storms for longer.
    expect(kept).toBeLessThanOrEqual(10_000 * intervals);
    expect(kept).toBeLessThan(100_000);
    expect(kept).toBeGreaterThan(0);
  });

  test("after a boot everything is up by itself", async () => {
    await it.machine.reboot();
    await expect.poll(active, { timeout: LIMIT_MS }).toEqual(UNITS.map(() => "active"));
    expect((await it.combot("classify", "hello")).status).toBe(0);
  });

  test("--remove leaves data alone, --purge nothing", async () => {
    rmSync(it.machine.path("/etc/combot/credentials/token"));
    const removed = await it.combot("deploy", "--remove", "--yes");
    expect(removed.status, removed.stderr).toBe(0);
    const ours = "find /etc /opt /run /var/lib -xdev -name '*combot*' -not -path '/run/systemd/*' | sort";
    expect(await it.machine.sh("sh", "-c", ours)).toBe("/var/lib/combot");
    expect((await it.combot("deploy", "--remove", "--purge", "--yes")).status).toBe(0);
    expect(await it.machine.sh("sh", "-c", `${ours}; grep combot /etc/passwd /etc/group; true`)).toBe("");
  });
});
