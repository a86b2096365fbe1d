import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeployedMachine, packProgram } from "../../support/deploy/deployed-machine.ts";
import { Machine } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

sayIfNotTested("the archive for an issue on a deployed machine");

const LIMIT_MS = 300_000;
const ARCHIVE = "/root/r.tar.gz";

describe.skipIf(!hasMachines)("on a deployed machine", { timeout: LIMIT_MS }, () => {
  let packed: ReturnType<typeof packProgram>;
  let it: DeployedMachine;

  beforeAll(async () => {
    packed = packProgram();
    it = new DeployedMachine(await Machine.boot(), packed.folder);
    const { status, stdout, stderr } = await it.deploy();
    if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
  }, LIMIT_MS);

  afterAll(async () => {
    await it?.machine.stop();
    packed?.remove();
  }, LIMIT_MS);

  test("it has the service's journal, and none of the passwords that deploy made", async () => {
    expect((await it.combot("classify", "a-text-of-nobody-else Q7")).status).toBe(0);
    const { status, stdout, stderr } = await it.combot("report", "--yes", "--output", ARCHIVE);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const whole = `${await it.machine.sh("sh", "-c", `tar -xzOf ${ARCHIVE}`)}\n${stdout}`;
    const log = await it.machine.sh("sh", "-c", `tar -xzOf ${ARCHIVE} --wildcards '*/log.txt'`);
    expect(log).toContain('"msg":');
    const passwords = (await it.machine.sh("sh", "-c", "cat /etc/combot/credentials/*")).trim().split(/\s+/);
    expect(passwords.length).toBeGreaterThanOrEqual(3);
    for (const secret of [...passwords, "a-text-of-nobody-else"]) expect(whole).not.toContain(secret);
    expect(whole).not.toMatch(/^not known:/m);
  });

  test("a daemon that was not restarted after the program changed is told", async () => {
    // As npm does it: the command is another, and the daemon runs on.
    const path = `${packed.folder}/package.json`;
    const content = readFileSync(path, "utf8");
    writeFileSync(path, content.replace(/"version": "[^"]+"/, `"version": "99.0.0"`));
    const [status, doctor] = [await it.combot("status"), await it.combot("doctor")];
    expect(status.stdout).toContain("This command is 99.0.0 and the daemon still");
    expect(doctor.stdout).toMatch(/warn versions .*99\.0\.0[^\n]*\n +→ combot deploy --yes\n/);
    writeFileSync(path, content);
    expect((await it.combot("doctor")).stdout).toMatch(/ok {3}versions/);
  });
});
