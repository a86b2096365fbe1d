import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packProgram } from "../../support/deploy/deployed-machine.ts";
import { KilledDeploys } from "../../support/deploy/killed-deploys.ts";
import { Machine } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

sayIfNotTested("deploys that are killed");

const LIMIT_MS = 300_000;

describe.runIf(hasMachines)("deploys that are killed with SIGKILL", { timeout: LIMIT_MS }, () => {
  let machine: Machine;
  let packed: ReturnType<typeof packProgram>;

  beforeAll(async () => {
    packed = packProgram();
    machine = await Machine.boot();
  }, LIMIT_MS);

  afterAll(async () => {
    await machine?.stop();
    packed?.remove();
  }, LIMIT_MS);

  // One after the other, each on what the one before has left, and without starting anything: the acceptance run of
  // `deploy` takes each step by itself, on a bare machine and with all units started.
  test("after each step of the plan in turn: the next one leaves the same bytes as one that nobody disturbed", async () => {
    const deploys = new KilledDeploys(machine, packed.folder, "no-start");
    const { steps, left } = await deploys.run();
    expect(steps.length).toBeGreaterThan(20);
    await deploys.forget();
    for (const step of steps) await deploys.runUntil(step);
    expect((await deploys.run()).left).toEqual(left);
  });
});
