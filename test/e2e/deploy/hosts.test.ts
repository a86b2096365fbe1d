import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packProgram } from "../../support/deploy/deployed-machine.ts";
import { hasSsh, sayIfNoSsh } from "../../support/ssh/requirements.ts";
import { SshMachines } from "../../support/ssh/ssh-machines.ts";
import { launcherScript } from "../../support/deploy/launcher.ts";
import { Machine, type Ran } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

sayIfNotTested("deploy to several hosts");
sayIfNoSsh("deploy to several hosts");

const LIMIT_MS = 500_000;
const NAMES = ["web1", "web2"] as const;
const SERVICE = "combot-enhanced.service";
const ENV = "/etc/combot/combot.env";

interface HostResult {
  readonly host: string;
  readonly version: string | null;
  readonly stand: string;
  readonly detail: string;
  readonly drift: readonly string[] | null;
  readonly level: string | null;
  readonly digest: string | null;
  readonly remark: string;
}

interface Report {
  readonly done: boolean;
  readonly hosts: readonly HostResult[];
}

// In this order, on two machines: to boot them and to deploy on them costs more than all the rest.
describe.skipIf(!hasMachines || !hasSsh)("two machines behind ssh", { timeout: LIMIT_MS }, () => {
  const machines = new Map<string, Machine>();
  let packed: ReturnType<typeof packProgram>;
  let ssh: SshMachines;

  beforeAll(async () => {
    packed = packProgram();
    ssh = new SshMachines();
    const booted = await Promise.allSettled(NAMES.map(() => Machine.boot()));
    for (const [index, result] of booted.entries())
      if (result.status === "fulfilled") machines.set(NAMES[index] ?? "", result.value);
    const failure = booted.find((result) => result.status === "rejected");
    if (failure) throw failure.reason;
    const launcher = launcherScript(`${packed.folder}/bin/run.js`);
    for (const [name, machine] of machines) {
      machine.write("/usr/bin/combot", launcher, 0o755);
      await machine.sh("cp", "-r", `${packed.folder}/models/shop-intents`, "/srv/shop");
      await ssh.add(name, machine);
    }
    writeFileSync(join(ssh.folder, "hosts"), "web1 # the first\n\n# of two\nroot@web2\n");
  }, LIMIT_MS);

  afterAll(async () => {
    await Promise.all([...machines.values()].map((machine) => machine.stop()));
    ssh?.remove();
    packed?.remove();
  }, LIMIT_MS);

  /** `combot COMMAND --hosts …` on this machine, with a state folder of its own. */
  const start = (command: string, args: readonly string[], list = "hosts") => {
    const hosts = ["--hosts", join(ssh.folder, list), "--ssh-config", ssh.config];
    const child = spawn(process.execPath, [join(packed.folder, "bin/run.js"), command, ...hosts, ...args], {
      env: { ...process.env, XDG_STATE_HOME: join(ssh.folder, "state") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = (async (): Promise<Ran> => {
      const over = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
      const [stdout, stderr, [status, signal]] = await Promise.all([text(child.stdout), text(child.stderr), over]);
      return { status, signal, stdout, stderr };
    })();
    return { child, ended };
  };
  const run = (command: string, ...args: string[]): Promise<Ran> => start(command, args).ended;
  // Without Redis: what a deploy does about it is tested elsewhere, and takes a while.
  const DEPLOY = ["--yes", "--profile", "auto", "--redis", "off"];
  const deploy = (...args: string[]): Promise<Ran> => run("deploy", ...DEPLOY, ...args);
  const json = ({ stdout, stderr }: Ran): Report => {
    expect(stdout, stderr).toMatch(/^\{/);
    return JSON.parse(stdout) as Report;
  };
  const stands = (ran: Ran): string[] => json(ran).hosts.map(({ stand }) => stand);
  const on = (name: (typeof NAMES)[number]): Machine => {
    const machine = machines.get(name);
    if (!machine) throw new Error(`${name} is not up`);
    return machine;
  };
  const pid = (name: (typeof NAMES)[number]): Promise<string> => on(name).property(SERVICE, "MainPID");

  test("a host that can't be reached is named, and none is touched", async () => {
    writeFileSync(join(ssh.folder, "three"), "web1\nnowhere.invalid\n");
    const { status, stderr } = await start("deploy", DEPLOY, "three").ended;
    expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining("nowhere.invalid: ") as string });
    expect(await on("web1").run(["test", "-e", "/opt/combot"])).toMatchObject({ status: 1 });
  });

  test("both in one batch: each is deployed, and answers", async () => {
    const { status, stdout, stderr } = await deploy("--batch", "100%");
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^web1 +deployed .*\nroot@web2 +deployed /m);
    for (const name of NAMES)
      expect((await on(name).run(["combot", "classify", "where is my parcel"])).stdout).toMatch(/^\w+\t0\./);
  });

  test("Ctrl-C while the first host is deployed: it is finished, the second is not begun", async () => {
    const before = await pid("web2");
    const { child, ended } = start("deploy", [...DEPLOY, "--model", "/srv/shop"]);
    child.stderr.on("data", (said: Buffer) => {
      if (String(said).includes("web1: deploying")) child.kill("SIGINT");
    });
    const { status, stdout, stderr } = await ended;
    expect(status, stderr).toBe(130);
    expect(stdout).toMatch(/^web1 +deployed .*\nroot@web2 +waiting /m);
    expect(stderr).toContain("no other one begins");
    expect(on("web1").read(ENV)).toContain("COMBOT_MODEL_DIR=/srv/shop");
    expect(on("web2").read(ENV)).not.toContain("/srv/shop");
    expect(await pid("web2")).toBe(before);
  });

  test("the next run goes on; it fails on the second host, which is as before; the one after completes it", async () => {
    const served = await pid("web1");
    // Root may read it, and the daemon's user may not: the deploy fails when the daemon is started.
    await on("web2").sh("chmod", "700", "/srv/shop");
    const failed = await deploy("--model", "/srv/shop");
    expect(failed.status, failed.stderr).toBe(4);
    expect(failed.stderr).toContain("was not completed: web1 deployed, root@web2 waiting");
    expect(failed.stdout).toMatch(/^web1 +same .*\nroot@web2 +rolled-back .*as before/m);
    // Why, without logging in there.
    expect(failed.stderr).toMatch(/^root@web2: rolled-back: .*\n(?: {2}.*\n)* {2}.*COMBOT_MODEL_DIR/m);
    expect(on("web2").read(ENV)).not.toContain("/srv/shop");
    expect((await on("web2").run(["combot", "classify", "where is my parcel"])).stdout).toMatch(/^\w+\t0\./);

    await on("web2").sh("chmod", "755", "/srv/shop");
    const mended = await deploy("--model", "/srv/shop", "--json");
    expect({ status: mended.status, stands: stands(mended) }).toEqual({ status: 0, stands: ["same", "deployed"] });
    expect(await pid("web1")).toBe(served);
  });

  test("what runs where: versions, model, level, and the setting that differs", async () => {
    on("web2").write(ENV, `${on("web2").read(ENV)}KEEPALIVE=17\n`, 0o640);
    await on("web2").sh("systemctl", "reload", SERVICE);
    const shown = await run("deploy", "--status", "--json");
    const [one, two] = json(shown).hosts;
    expect(shown.status).toBe(0);
    expect([one?.drift, two?.drift]).toEqual([[], ["KEEPALIVE"]]);
    expect([one?.level, two?.level]).toEqual(["normal", "normal"]);
    expect(one?.digest).toMatch(/^[0-9a-f]{12}$/);
    expect(two?.digest).toBe(one?.digest);
    expect([one?.remark, two?.remark]).toEqual(["last run: same", "last run: deployed"]);

    const both = await run("monitor", "--once");
    expect(both.stdout).toMatch(/^web1 +(ok|degraded) +[\d.]+% normal [^]*^root@web2 +(ok|degraded) +[\d.]+% normal /m);

    await on("web2").sh("systemctl", "stop", "combot-enhanced.socket", SERVICE);
    expect((await run("monitor", "--once")).stdout).toMatch(/^root@web2 +down .*control\.sock/m);
    const status = await run("status", "--json");
    const { hosts } = JSON.parse(status.stdout) as { hosts: { host: string; exit: number; error: string | null }[] };
    expect({ status: status.status, exits: hosts.map(({ exit }) => exit) }).toEqual({ status: 3, exits: [0, 3] });
    expect(hosts[1]?.error).toContain("combot.sock");
    const doctor = await run("doctor");
    expect(doctor.status).toBe(4);
    expect(doctor.stdout).toMatch(/^root@web2 +fail /m);
  });
});
