import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { evaluateIn, INSPECTABLE } from "../../../bench/accept/capabilities/memory/inspector.ts";
import { MemoryCgroup } from "../../../scripts/support/process-tree.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { OwnGarbage } from "../../../src/daemon/residency/own-garbage.ts";
import type { MemoryReport } from "../../../src/lib/protocol/memory.ts";
import type { ModelsReply } from "../../../src/lib/protocol/models.ts";
import { MIB } from "../../../src/lib/units.ts";
import { hasCgroups } from "../memory/support/cgroups.ts";
import { writeNamedModel } from "../../support/repository.ts";

/** Objects of the daemon's that nobody has any more, some 80 MB of them. */
const LITTER = `void Array.from({ length: 1_500_000 }, (_, at) => ({ at, next: at + 1 })).length`;

test.skipIf(!hasCgroups)(
  "a model that fits but for what the daemon has not collected is served",
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "combot-garbage-"));
    writeNamedModel(join(folder, "own"), "own");
    writeNamedModel(join(folder, "models", "a"), "a", { ballastBytes: 96 * MIB });
    const cgroup = new MemoryCgroup("combot-garbage");
    cgroup.limitBytes = 2048 * MIB;
    const daemon = await PrivateDaemon.start({
      wrapper: cgroup.wrapper,
      env: {
        ...INSPECTABLE,
        COMBOT_MODEL_DIR: join(folder, "own"),
        COMBOT_MODELS_DIR: join(folder, "models"),
        WORKERS: "1",
        PRELOAD: "false",
      },
    });
    onTestFinished(async () => {
      await daemon.stop("SIGKILL");
      await vi.waitFor(() => cgroup.remove(), 5000);
      rmSync(folder, { recursive: true, force: true });
    });
    const ask = (): Promise<{ status: number }> =>
      daemon.ask("POST", "/api/classify/", { text: "hello", model: "a", noCache: true });
    const used = async (): Promise<number> => {
      await delay(2500);
      return (await daemon.json<MemoryReport>("GET", "/api/memory/")).usedBytes;
    };
    expect((await ask()).status).toBe(200);
    // What it takes is read once a second.
    await delay(2000);
    await daemon.json("POST", "/api/models/a/unload/?wait=true");
    const { models } = await daemon.json<ModelsReply>("GET", "/api/models/");
    const needs = models.find(({ name }) => name === "a")!.needsToLoad!;
    const usedBefore = await used();
    // Alone, it may have all that there is.
    cgroup.limitBytes = Math.round(usedBefore + needs + 16 * MIB);
    await evaluateIn(daemon, LITTER);
    expect(await used()).toBeGreaterThan(usedBefore + 32 * MIB);
    expect((await ask()).status).toBe(200);
  },
);

test("the daemon's own garbage is collected once for all who wait for it, and not again a moment later", async () => {
  let nowMs = 0;
  let collected = 0;
  const collect = async (): Promise<void> => void (collected += 1);
  const garbage = new OwnGarbage({ collect, now: () => nowMs, onFailure: () => undefined });
  const called: string[] = [];
  expect(garbage.giveBack(() => called.push("first"))).toBe(true);
  expect(garbage.giveBack(() => called.push("second"))).toBe(true);
  await vi.waitFor(() => expect(called).toEqual(["first", "second"]), 10_000);
  expect(garbage.giveBack(() => called.push("third"))).toBe(false);
  nowMs = 10_000;
  expect(garbage.giveBack(() => called.push("fourth"))).toBe(true);
  await vi.waitFor(() => expect(called).toEqual(["first", "second", "fourth"]), 10_000);
  expect(collected).toBe(2);
});
