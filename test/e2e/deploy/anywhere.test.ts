import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeployedMachine, packProgram } from "../../support/deploy/deployed-machine.ts";
import { Machine, type Ran } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

sayIfNotTested("deploy wherever it is typed");

const LIMIT_MS = 300_000;
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
/** No Node is there. */
const BARE_PATH = "PATH=/usr/local/bin:/usr/bin:/bin";
const LINK = "/usr/local/bin/combot";
const ELSEWHERE = "/srv/program/bin/combot";
const OURS = "find /etc /opt /run /var/lib /usr/local -xdev -name '*combot*' -not -path '/run/systemd/*' | sort";

// In this order, on one machine: a boot costs more than a deploy.
describe.skipIf(!hasMachines)("a machine as it is found", { timeout: LIMIT_MS }, () => {
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

  const sh = (script: string): Promise<string> => it.machine.sh("sh", "-c", script);
  const run = (script: string): Promise<Ran> => it.machine.run(["sh", "-c", script]);
  const ours = (): Promise<string> => sh(OURS);
  const modes = (...paths: string[]): Promise<string> => it.machine.sh("stat", "-c", "%a %U:%G %n", ...paths);
  const deployUnder = (umask: string): Promise<Ran> => {
    const command = `${process.execPath} ${packed.folder}/bin/run.js deploy --yes --profile auto`;
    return run(`umask ${umask}; exec ${command}`);
  };
  /** By the copy of a release, which needs nothing of the folders below /tmp. */
  const deployFromElsewhere = (...args: string[]): Promise<Ran> =>
    it.machine.run([ELSEWHERE, "deploy", "--yes", "--profile", "auto", ...args]);
  const classifies = async (): Promise<void> => {
    expect((await it.machine.run(["env", "-i", BARE_PATH, "combot", "classify", "hello"])).stdout).toMatch(/^\w+\t0\./);
  };
  const purge = async (): Promise<void> => {
    const { status, stderr } = await it.combot("deploy", "--remove", "--purge", "--yes");
    expect(status, stderr).toBe(0);
  };

  test("another user is told the command by which root runs this program, with the Node that runs it", async () => {
    const script = `${packed.folder}/bin/run.js`;
    const { status, stderr } = await it.machine.run([...NOBODY, process.execPath, script, "deploy", "--yes"]);
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: expect.stringContaining(`Mend it: sudo ${process.execPath} ${script} deploy\n`) as string,
    });
  });

  test("a root of umask 077: the services' users get to all they need", async () => {
    const { status, stderr } = await deployUnder("077");
    expect(status, stderr).toBe(0);
    expect(await modes("/opt/combot", "/opt/combot/releases", "/etc/combot", "/etc/combot/credentials")).toBe(
      [
        "755 root:root /opt/combot",
        "755 root:root /opt/combot/releases",
        "755 root:root /etc/combot",
        "700 root:root /etc/combot/credentials",
      ].join("\n"),
    );
    await classifies();
  });

  test("combot is in everybody's PATH, and needs no Node there", async () => {
    const { status, stdout, stderr } = await it.machine.run([...NOBODY, "env", "-i", BARE_PATH, "combot", "--version"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^combot\/\d/);
    const doctor = await it.machine.run(["env", "-i", BARE_PATH, "combot", "doctor", "--json"]);
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string }[] };
    expect(checks.find(({ name }) => name === "drift")).toMatchObject({ status: "ok" });
  });

  test("another user is then told that root runs it as combot", async () => {
    const command = ["env", "-i", BARE_PATH, "combot", "deploy", "--remove", "--yes"];
    const { status, stderr } = await it.machine.run([...NOBODY, ...command]);
    expect({ status, said: stderr.includes("sudo combot deploy --remove") }, stderr).toEqual({ status: 4, said: true });
  });

  test("bash completes its commands for everybody", async () => {
    const complete = `. /usr/local/share/bash-completion/completions/combot
      COMP_WORDS=(combot dep) COMP_CWORD=1; _combot; echo "$(complete -p combot): \${COMPREPLY[*]}"`;
    const said = await it.machine.sh(...NOBODY, "env", "-i", BARE_PATH, "bash", "-c", complete);
    expect(said).toMatch(/-F _combot combot: deploy$/);
  });

  test("what is deployed deploys itself, and has nothing to do", async () => {
    const { status, stderr } = await it.machine.run(["env", "-i", BARE_PATH, "combot", "deploy", "--yes"]);
    expect({ status, said: stderr.includes("Nothing to do") }, stderr).toEqual({ status: 0, said: true });
    expect(await sh("ls /opt/combot/releases | wc -l")).toBe("1");
  });

  test("folders that an earlier deploy made too narrow are shown and mended", async () => {
    await sh("find /opt/combot -type d -exec chmod 700 {} +; chmod 750 /etc/combot; systemctl stop combot-enhanced");
    expect((await run("systemctl start combot-enhanced")).status).not.toBe(0);
    const dry = await it.combot("deploy", "--dry-run");
    expect(dry.stdout).toContain("/opt/combot: 0700 root:root, to be 0755 root:root");
    const { status, stderr } = await deployUnder("027");
    expect(status, stderr).toBe(0);
    expect(await modes("/opt/combot", "/etc/combot")).toBe("755 root:root /opt/combot\n755 root:root /etc/combot");
    expect(await sh("find /opt/combot -type d ! -perm 755")).toBe("");
    await classifies();
  });

  test("status waits for a systemctl that is slow, and says so where it does not answer", async () => {
    it.machine.write("/run/slow/systemctl", '#!/bin/sh\nsleep "$SLOW"\nexec /usr/bin/systemctl "$@"\n', 0o755);
    const status = (slow: string, ...args: string[]): Promise<string> =>
      it.machine.sh(
        "env",
        "-i",
        `SLOW=${slow}`,
        `PATH=/run/slow:/usr/local/bin:/usr/bin:/bin`,
        LINK,
        "status",
        ...args,
      );
    expect(await status("2")).toMatch(/^systemd +active +combot-redis\.service/m);
    expect((await status("30", "--timeout", "2")).replaceAll(/\s+/g, " ")).toContain(
      "systemd Not known: systemctl gave no answer within 2 s.",
    );
  });

  test("--purge takes what doctor's advice has made, the link and the completion", async () => {
    await it.machine.sh("systemctl", "set-property", "combot-enhanced.service", "MemoryHigh=infinity");
    const folder = "/etc/systemd/system.control/combot-enhanced.service.d";
    expect((await run(`ls ${folder}`)).status).toBe(0);
    await sh("mkdir -p /srv && cp -a $(readlink -f /opt/combot/current) /srv/program");
    await purge();
    expect(await ours()).toBe("");
    expect(await it.machine.property("combot-enhanced.service", "LoadState")).toBe("not-found");
  });

  test("somebody else's combot in PATH is told of, and stays through deploy, rollback and remove", async () => {
    it.machine.write(LINK, "#!/bin/sh\necho mine\n", 0o755);
    const { status, stderr } = await deployFromElsewhere("--no-start");
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`${LINK} is not deploy's own, and stays as it is.`);
    expect(await it.machine.sh(LINK)).toBe("mine");
    expect((await it.machine.run([ELSEWHERE, "deploy", "--remove", "--purge", "--yes"])).status).toBe(0);
    expect(await it.machine.sh(LINK)).toBe("mine");
    await it.machine.sh("rm", LINK);
    expect(await ours()).toBe("");
  });

  test.each([
    [
      "a file system that is too small",
      "/opt",
      "size=20m",
      /disk: \/opt, where \/opt\/combot\/releases is, has 20\.0 MiB free/,
    ],
    ["a file system without inodes", "/opt", "size=900m,nr_inodes=100", /disk: \/opt, .* has room for \d+ files/],
    ["a file system that runs no programs", "/opt", "size=900m,noexec", /noexec: .*\/opt is mounted noexec/],
    ["a read-only file system", "/opt", "size=900m,ro", /read-only: .*\/opt is mounted read-only/],
    [
      "a full file system for data",
      "/var/lib",
      "size=3m",
      /disk: \/var\/lib, where \/var\/lib\/combot is, has 3\.0 MiB/,
    ],
    [
      "a folder that nobody else may enter",
      "/opt",
      "size=900m,mode=700",
      /closed folder: \/opt .*Mend it: chmod a\+x \/opt/,
    ],
  ])("%s: named before anything is changed", async (_, place, options, found) => {
    await it.machine.sh("mount", "-t", "tmpfs", "-o", options, "small", place);
    try {
      const { status, stderr } = await deployFromElsewhere("--no-start");
      expect(stderr).toMatch(found);
      expect({ status, ours: await ours(), there: await sh(`ls ${place}`) }).toEqual({
        status: 4,
        ours: "",
        there: "",
      });
    } finally {
      await it.machine.sh("umount", place);
    }
  });

  test("/tmp noexec, /opt and /var/lib/combot on file systems of their own: deployed, changed, removed", async () => {
    await sh("mount -t tmpfs -o noexec,nosuid,nodev,mode=1777 tmp /tmp; mount -t tmpfs -o size=900m,mode=755 opt /opt");
    await sh("mkdir /var/lib/combot; mount -t tmpfs -o size=300m,mode=755 var /var/lib/combot");
    try {
      const first = await deployFromElsewhere();
      expect(first.status, first.stderr).toBe(0);
      await classifies();
      const changed = await deployFromElsewhere("--redis-port", "0");
      expect(changed.status, changed.stderr).toBe(0);
      const back = await it.machine.run([ELSEWHERE, "deploy", "--rollback", "--yes"]);
      expect(back.status, back.stderr).toBe(0);
      await classifies();
      expect((await it.machine.run([ELSEWHERE, "deploy", "--remove", "--yes"])).status).toBe(0);
    } finally {
      await run("systemctl stop combot.target; umount -l /tmp /opt /var/lib/combot; rmdir /var/lib/combot");
    }
    await it.machine.run([ELSEWHERE, "deploy", "--remove", "--purge", "--yes"]);
    expect(await ours()).toBe("");
  });

  test("a unit by hand that has the service's other name, and runs: the commands that mend it are named and mend it", async () => {
    it.machine.write(
      "/etc/systemd/system/combot.service",
      `[Service]\nExecStart=${process.execPath} ${packed.folder}/bin/run.js daemon\n[Install]\nWantedBy=multi-user.target\n`,
    );
    await it.machine.sh("systemctl", "enable", "--now", "combot.service");
    await expect.poll(() => run("ls /tmp/combot-0/combot.sock"), { timeout: 30_000 }).toMatchObject({ status: 0 });
    const { status, stderr } = await deployFromElsewhere();
    expect(status).toBe(4);
    expect(stderr).toContain("Mend it: systemctl disable --now combot.service\n");
    const mend = /Mend it: (systemctl disable --now combot\.service && mv .*)/.exec(stderr)?.[1] ?? "false";
    await sh(mend);
    await sh("systemctl daemon-reload; rm /root/combot.service");
    expect((await deployFromElsewhere("--dry-run")).status).toBe(0);
  });

  test("a unit by hand under the same name is replaced, enabled anew, and comes back with --rollback", async () => {
    const unit = "/etc/systemd/system/combot-enhanced.service";
    const byHand = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n";
    it.machine.write("/srv/by-hand.service", byHand);
    await it.machine.sh("ln", "-s", "/srv/by-hand.service", unit);
    await sh("systemctl daemon-reload; systemctl enable --now combot-enhanced.service");
    const { status, stderr } = await deployFromElsewhere();
    expect(status, stderr).toBe(0);
    await classifies();
    expect(await sh("ls /etc/systemd/system/multi-user.target.wants")).toContain("combot-enhanced.service");
    const back = await it.machine.run([ELSEWHERE, "deploy", "--rollback", "--yes"]);
    expect(await it.machine.sh("readlink", unit), back.stderr).toBe("/srv/by-hand.service");
    expect(it.machine.read("/srv/by-hand.service")).toBe(byHand);
    await sh(`systemctl disable --now combot-enhanced.service; rm -f ${unit}; systemctl daemon-reload`);
    await it.machine.run([ELSEWHERE, "deploy", "--remove", "--purge", "--yes"]);
  });

  test("a packaged Redis that runs: named, disabled where that is asked for, and ours has the port after a boot", async () => {
    // As its package leaves it: a Redis that can't save what it has does not stop.
    await sh("chown redis:redis /var/lib/redis && systemctl enable --now redis-server.service");
    const refused = await deployFromElsewhere();
    expect(refused.status).toBe(4);
    expect(refused.stderr).toContain("Mend it: combot deploy --disable-packaged-redis");
    const { status, stderr } = await deployFromElsewhere("--disable-packaged-redis");
    expect(status, stderr).toBe(0);
    await it.machine.reboot();
    const state = (unit: string): Promise<string> => it.machine.property(unit, "ActiveState");
    await expect.poll(() => state("combot-enhanced.service"), { timeout: 60_000 }).toBe("active");
    expect([await state("combot-redis.service"), await state("redis-server.service")]).toEqual(["active", "inactive"]);
    await classifies();
  });

  test("a server that dpkg has not finished installing: named with the command that does", async () => {
    await it.machine.run([ELSEWHERE, "deploy", "--remove", "--purge", "--yes"]);
    await sh(`mkdir -p /run/deb/DEBIAN /run/deb/usr/bin && cp -L /usr/bin/redis-server /run/deb/usr/bin/ && touch /run/interrupted
      printf 'Package: redis-server\\nVersion: 99:1\\nArchitecture: all\\nMaintainer: a test\\nDescription: -\\n' >/run/deb/DEBIAN/control
      printf '#!/bin/sh\\n! test -e /run/interrupted\\n' >/run/deb/DEBIAN/postinst && chmod 755 /run/deb/DEBIAN/postinst
      dpkg-deb -b /run/deb /run/redis.deb`);
    expect((await run("dpkg -i /run/redis.deb")).status).not.toBe(0);
    const { status, stderr } = await deployFromElsewhere("--no-start");
    expect({ status, ours: await ours() }).toEqual({ status: 4, ours: "" });
    expect(stderr).toContain(
      "the installation of redis-server was begun and not finished. Mend it: dpkg --configure -a",
    );
    await sh("rm /run/interrupted; dpkg --configure -a");
    const { stderr: said } = await deployFromElsewhere("--dry-run");
    expect(said).not.toContain("dpkg");
  });
});
