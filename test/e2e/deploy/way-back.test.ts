import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeployedMachine, packProgram } from "../../support/deploy/deployed-machine.ts";
import { NEWER_VERSION, sabotagedProgram } from "../../support/deploy/sabotages.ts";
import { Machine, type Ran } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

sayIfNotTested("the way back after a deploy on a real systemd");

const LIMIT_MS = 300_000;
const LONG = { timeout: 60_000, interval: 200 };
const ENV = "/etc/combot/combot.env";
const CREDENTIALS = "/etc/combot/credentials";
const DROP_IN = "/etc/systemd/system/combot-enhanced.service.d/own.conf";
const RECORDS = "/var/lib/combot/deploy";

/** Whatever a deploy may leave: files and folders by name, users, units. */
const TRACES = `find /etc /opt /run /usr/local /var/lib -xdev \\( -iname '*combot*' -o -path '/etc/combot/*' \\) -not -path '/run/systemd/*' | sort
grep combot /etc/passwd /etc/group; ls /etc/systemd/system /etc/systemd/system/multi-user.target.wants
systemctl list-units --all --no-legend --plain 'combot*'; true`;

/** Root may read it, and the daemon's user may not: the deploy fails when the daemon is started. */
const FAILING = ["--model", "/srv/closed"] as const;

// In this order, on one machine.
describe.skipIf(!hasMachines)("the way back", { timeout: LIMIT_MS }, () => {
  let packed: ReturnType<typeof packProgram>;
  let it: DeployedMachine;

  beforeAll(async () => {
    packed = packProgram();
    it = new DeployedMachine(await Machine.boot(), packed.folder);
    await it.machine.sh("cp", "-r", `${packed.folder}/models/shop-intents`, "/srv/closed");
    await it.machine.sh("chmod", "700", "/srv/closed");
  }, LIMIT_MS);

  afterAll(async () => {
    await it?.machine.stop();
    packed?.remove();
  }, LIMIT_MS);

  const env = (): string => it.machine.read(ENV);
  const edit = (lines: string): void => it.machine.write(ENV, `${env()}${lines}`, 0o640);
  const exists = async (path: string): Promise<boolean> => (await it.machine.run(["test", "-e", path])).status === 0;
  const packagedRedis = async (): Promise<string[]> => {
    const { stdout } = await it.machine.run([
      "sh",
      "-c",
      "systemctl is-enabled redis-server; systemctl is-active redis-server",
    ]);
    return stdout.trim().split("\n");
  };
  const health = async (): Promise<string> => {
    const { stdout } = await it.combot("status", "--json");
    return (JSON.parse(stdout) as { health: { status: string } }).health.status;
  };
  const asNobody = (...args: string[]): Promise<Ran> => {
    const identity = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    return it.machine.run([...identity, process.execPath, `${packed.folder}/bin/run.js`, ...args]);
  };

  test("a first deploy that fails leaves nothing, and the packaged Redis as it was", async () => {
    // As its package leaves it: a Redis that can't save does not let itself be stopped.
    await it.machine.sh("chown", "redis:redis", "/var/lib/redis");
    await it.machine.sh("systemctl", "enable", "--now", "redis-server");
    it.machine.write(ENV, "MODEL_LOAD_TIMEOUT=60\n");
    const before = await it.machine.sh("sh", "-c", TRACES);
    const { status, stderr } = await it.deploy("--disable-packaged-redis", ...FAILING);
    expect(status).toBe(4);
    expect(stderr).toContain("combot-enhanced.service");
    expect(stderr).toContain("Everything is as it was before; combot did not run before, and does not now.");
    expect(await it.machine.sh("sh", "-c", TRACES)).toBe(before);
    expect(env()).toBe("MODEL_LOAD_TIMEOUT=60\n");
    expect(await packagedRedis()).toEqual(["enabled", "active"]);
  });

  test("--rollback of the first deploy leaves data alone, and the packaged Redis as it was", async () => {
    rmSync(it.machine.path("/etc/combot"), { recursive: true });
    const deployed = await it.deploy("--disable-packaged-redis");
    expect(deployed.status, deployed.stderr).toBe(0);
    expect(await packagedRedis()).toEqual(["disabled", "inactive"]);
    const back = await it.combot("deploy", "--rollback", "--yes");
    expect(back.status, back.stderr).toBe(0);
    const left = "find /etc /opt /run /var/lib -xdev -name '*combot*' -not -path '/run/systemd/*'; ls /var/lib/combot";
    expect((await it.machine.sh("sh", "-c", left)).split("\n")).toEqual(
      expect.arrayContaining(["/var/lib/combot", "journal.db"]),
    );
    expect(await it.machine.sh("sh", "-c", left)).not.toMatch(/\/(etc|opt|run)\/|^deploy$/m);
    expect(await packagedRedis()).toEqual(["enabled", "active"]);
  });

  test("a deploy that fails after an edit puts back what ran, and keeps the edit beside it", async () => {
    const deployed = await it.deploy("--disable-packaged-redis");
    expect(deployed.status, deployed.stderr).toBe(0);
    const ran = await it.fingerprint();
    it.machine.write(`${CREDENTIALS}/token`, `${"t".repeat(43)}\n`, 0o600);
    it.machine.write(`${CREDENTIALS}/redis-ops-password`, `${"o".repeat(43)}\n`, 0o600);
    edit("# Mine.\nCOMBOT_LISTEN=127.0.0.1:8090\nCOMBOT_TOKEN_FILE=token\n");
    it.machine.write(DROP_IN, "[Service]\nTasksMax=200\n");
    const mine = env();
    const { status, stderr } = await it.deploy(...FAILING);
    expect(status).toBe(4);
    expect(stderr).toContain("What ran before is back, and combot answers.");
    expect(stderr).toContain(`${ENV} is kept as ${ENV}.edited`);
    expect(it.machine.read(`${ENV}.edited`)).toBe(mine);
    expect(it.machine.read(`${DROP_IN}.edited`)).toContain("TasksMax=200");
    expect(it.machine.read(`${CREDENTIALS}/redis-ops-password.edited`)).toContain("ooo");
    expect(await exists(DROP_IN)).toBe(false);
    expect(await health()).toBe("ok");
    expect(await exists(`${RECORDS}/pending.json`)).toBe(false);
    for (const path of [`${ENV}.edited`, `${CREDENTIALS}/redis-ops-password.edited`, `${CREDENTIALS}/token`])
      rmSync(it.machine.path(path));
    rmSync(it.machine.path(`${DROP_IN}.edited`));
    expect(await it.fingerprint()).toBe(ran);
  });

  test("what the daemon took by a reload is what ran, and no drift", async () => {
    edit("LOG_LEVEL=debug\n");
    const mine = env();
    await it.machine.sh("systemctl", "reload", "combot-enhanced");
    await expect.poll(() => it.machine.journal("combot-enhanced"), LONG).toContain('"msg":"settings reloaded"');
    const { stdout } = await it.combot("doctor", "--json");
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string }[] };
    expect(checks.find(({ name }) => name === "drift")).toMatchObject({ status: "ok" });
    const { status, stderr } = await it.deploy(...FAILING);
    expect({ status, back: stderr.includes("Everything is as it was before, and combot answers.") }, stderr).toEqual({
      status: 4,
      back: true,
    });
    expect(env()).toBe(mine);
    expect(await exists(`${ENV}.edited`)).toBe(false);
  });

  test("the weekly check succeeds with settings that were added, and where nothing can be said of the load", async () => {
    // Stopped most of the time, the generator of the load is later than the daemon.
    const pauses =
      "while :; do pkill -STOP -f '[g]enerator-process'; sleep 0.06; pkill -CONT -f '[g]enerator-process'; sleep 0.02; done";
    const pausing = it.machine.start(["sh", "-c", pauses]);
    const { status } = await it.machine.run(["systemctl", "start", "combot-check.service"]);
    pausing.kill("SIGKILL");
    await it.machine.run(["pkill", "-KILL", "-f", "[p]kill -STOP"]);
    const said = await it.machine.journal("combot-check.service");
    expect({ status, result: await it.machine.property("combot-check.service", "Result") }, said).toEqual({
      status: 0,
      result: "success",
    });
    expect(said).toContain("No verdict: the load generator was");
  });

  test("an edit that nobody read stays where it is, when nothing was started again", async () => {
    const before = env();
    edit("COMBOT_LISTEN=127.0.0.1:8091\n");
    const mine = env();
    const pid = await it.machine.property("combot-enhanced", "MainPID");
    // What is being installed is taken away again and again.
    const remover = "while :; do rm -rf /opt/combot/releases/.building-*; sleep 0.01; done";
    await it.machine.sh("systemd-run", "--collect", "--unit=remover", "sh", "-c", remover);
    const { status, stderr } = await it.deployFrom(sabotagedProgram(packed.folder, NEWER_VERSION));
    await it.machine.sh("systemctl", "stop", "remover.service");
    expect({ status, back: stderr.includes("and combot answers") }, stderr).toEqual({ status: 4, back: true });
    expect(env()).toBe(mine);
    expect(await it.machine.property("combot-enhanced", "MainPID")).toBe(pid);
    it.machine.write(ENV, before, 0o640);
  });

  test("a plan as nobody says what it can't know, and guesses nothing", async () => {
    const changed = await it.deploy("--redis-port", "0");
    expect(changed.status, changed.stderr).toBe(0);
    const { status, stdout, stderr } = await asNobody("deploy", "--dry-run", "--diff", "--json");
    expect(status, stderr).toBe(0);
    const { changes, unreadable } = JSON.parse(stdout) as {
      changes: { act: string; what: string }[];
      unreadable: string[];
    };
    expect(changes.filter(({ act }) => !["keep", "unknown"].includes(act))).toEqual([]);
    expect(changes).toContainEqual({ act: "unknown", what: ENV });
    expect(unreadable).toEqual(expect.arrayContaining([ENV, `${RECORDS}/manifest.json`]));
    const said = await asNobody("deploy", "--dry-run");
    expect(said.stderr).toContain(`This user may not read ${CREDENTIALS}`);
    const root = await it.combot("deploy", "--dry-run", "--json");
    expect((JSON.parse(root.stdout) as { changes: { act: string }[] }).changes.every(({ act }) => act === "keep")).toBe(
      true,
    );
  });

  test("--rollback keeps settings that were added since, and says what it saw", async () => {
    edit("LOG_LEVEL=info\nKEEPALIVE=30\n");
    const { status, stdout, stderr } = await it.combot("deploy", "--rollback", "--yes");
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("is back, and combot answers.");
    expect(stdout).toContain(`${ENV} is kept as ${ENV}.edited`);
    expect(it.machine.read(`${ENV}.edited`)).toContain("KEEPALIVE=30\n");
    expect(env()).not.toContain("KEEPALIVE");
    rmSync(it.machine.path(`${ENV}.edited`));
  });

  test("that files are back is no claim that combot serves", async () => {
    // As after a deploy by a version that recorded less; the daemon starts so, and no worker does.
    rmSync(it.machine.path(`${RECORDS}/deployed.json`));
    edit("MODEL_LOAD_TIMEOUT=1\n");
    it.machine.write(DROP_IN, "[Service]\nNoExecPaths=/opt/combot/current/dist/node_modules/onnxruntime-node\n");
    await it.machine.sh("systemctl", "daemon-reload");
    const { status, stderr } = await it.deploy(...FAILING);
    expect(status).toBe(4);
    expect(stderr).toContain("The files are those of before, but combot does not serve: ");
    expect(stderr).not.toContain("Everything is as it was");
    rmSync(it.machine.path(DROP_IN));
    await it.machine.sh("systemctl", "daemon-reload");
  });

  test("--remove gives the packaged Redis back", async () => {
    const { status, stderr } = await it.combot("deploy", "--remove", "--purge", "--yes");
    expect(status, stderr).toBe(0);
    expect(await packagedRedis()).toEqual(["enabled", "active"]);
  });
});
