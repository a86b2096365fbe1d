import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeployedMachine, packProgram } from "../../support/deploy/deployed-machine.ts";
import { Machine } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

sayIfNotTested("deploy on a machine that is slow");

const LIMIT_MS = 900_000;

describe.skipIf(!hasMachines)("a bare machine with 5% of a core", { timeout: LIMIT_MS }, () => {
  let packed: ReturnType<typeof packProgram>;
  let it: DeployedMachine;

  beforeAll(async () => {
    packed = packProgram();
    it = new DeployedMachine(await Machine.boot(), packed.folder);
    it.machine.slowDown(0.05);
  }, LIMIT_MS);

  afterAll(async () => {
    it?.machine.slowDown(undefined);
    await it?.machine.stop();
    packed?.remove();
  }, LIMIT_MS);

  test("a first deploy ends well, and nothing was started twice", async () => {
    const { status, stderr } = await it.deploy();
    expect(status, stderr).toBe(0);
    expect(await it.machine.property("combot-enhanced", "NRestarts")).toBe("0");
    expect(await it.machine.property("combot-redis", "NRestarts")).toBe("0");
  });
});
