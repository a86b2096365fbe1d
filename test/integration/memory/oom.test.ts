import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { WorkerProcess } from "../../../src/daemon/workers/worker-process.ts";
import { MIB } from "../../../src/lib/units.ts";
import { classify, startCore, workerPids } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { hasCgroups, limitedCgroup } from "./support/cgroups.ts";

/** Takes memory until the kernel ends it. */
const GLUTTON = "const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 7))";

function killAnotherByOom(): void {
  const [shell = "sh", ...args] = limitedCgroup(64 * MIB, "combot-glutton").wrapper;
  const { signal } = spawnSync(shell, [...args, process.execPath, "-e", GLUTTON]);
  expect(signal).toBe("SIGKILL");
}

describe.runIf(hasCgroups)("a worker that SIGKILL ended", () => {
  test("was killed from outside, where all that the kernel killed for want of memory was elsewhere", async () => {
    const victim = new WorkerProcess();
    killAnotherByOom();
    process.kill(victim.pid, "SIGKILL");
    expect(await victim.ended).toMatchObject({ kind: "killed" });
  });

  test("was killed for want of memory, where the kernel did it, in a cgroup that somebody put it into", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const [victim] = workerPids(core);
    const cgroup = limitedCgroup(MIB, "combot-victim");
    // What it has is charged where it was; what it takes from now on is charged here.
    writeFileSync(join(cgroup.path, "cgroup.procs"), String(victim));
    const long = (at: number): string[] =>
      Array.from({ length: 16 }, (_, text) => `${at} ${text} ${"alpha ".repeat(400)}`);
    for (let at = 0; workerPids(core).includes(victim!); at++)
      expect((await classify(core, long(at))).results).toHaveLength(16);
    const deaths = core.decisions.list({ limit: 10 }).filter(({ action }) => action === "worker died");
    expect(deaths).toMatchObject([{ reason: "oom" }]);
  });
});

test.runIf(!hasCgroups)("NOT TESTED: who killed a worker, which takes root and a memory controller", () => {
  expect(process.env["CI"], "CI has to run the tests as root, with a memory controller").not.toBe("true");
});
