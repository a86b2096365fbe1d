import { utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startCore } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { childrenOf, killAtOnce, refuseProcesses } from "../../support/refused-processes.ts";
import { temporaryFolder } from "../../support/temporary.ts";

describe("the process that reads a folder", () => {
  test("killed from outside, is started again, and the model is served", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
    const before = childrenOf(process.pid);
    const switched = core.models.use({ dir: writeOddModel(temporaryFolder(), { variant: 1 }) });
    const reader = childrenOf(process.pid).find((pid) => !before.includes(pid));
    killAtOnce(reader!);
    await expect(switched).resolves.toMatchObject({ changed: true });
  });

  test("refused for good, leaves the model unblamed, and the old one serving", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
    const { model } = core.models.current;
    const dir = writeOddModel(temporaryFolder(), { variant: 1 });
    const allow = refuseProcesses();
    await expect(core.models.use({ dir })).rejects.toMatchObject({ code: "NO_PROCESS", message: /E2BIG/ });
    expect(core.models.current.model).toBe(model);
    allow();
    await expect(core.models.use({ dir })).resolves.toMatchObject({ changed: true });
  });
});

describe("a look at the folder of the model that serves", () => {
  test("that the system refuses tells nothing: what was touched is not called gone, and is read when it can be", async () => {
    const dir = writeOddModel(temporaryFolder());
    const core = await startCore(dir, { WORKERS: "1" });
    await core.folder.poll();
    utimesSync(join(dir, "config.json"), 1, 1);
    const allow = refuseProcesses();
    await core.folder.poll();
    expect(core.folder.fault).toBeUndefined();
    allow();
    writeOddModel(dir, { variant: 1 });
    await core.folder.poll();
    expect(core.folder.fault).toMatchObject({ state: "changed" });
  });
});
