import { join } from "node:path";
import { expect, test } from "vitest";
import { BROKEN_MODELS } from "../../support/broken-models.ts";
import { classify, startCore } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

test(
  "a switch to any broken folder is refused with its reason, and the model that serves stays as it was",
  { timeout: 120_000 },
  async () => {
    const core = await startCore(writeOddModel(join(temporaryFolder(), "whole")), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const expected = await classify(core, ["alpha beta"]);
    const engine = core.models.current;
    const folder = temporaryFolder();
    for (const { name, make, reason } of BROKEN_MODELS) {
      const refused = core.models.use({ dir: make(join(folder, name.replaceAll(/\W+/g, "-"))) });
      await expect(refused, name).rejects.toMatchObject({
        code: "MODEL_INVALID",
        message: expect.stringMatching(reason) as string,
      });
      expect(core.models.current, name).toBe(engine);
      expect((await classify(core, ["alpha beta"])).results, name).toEqual(expected.results);
    }
    expect(BROKEN_MODELS.length).toBeGreaterThanOrEqual(12);
    expect(core.models.engines).toEqual([engine]);
  },
);
