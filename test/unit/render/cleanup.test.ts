import { describe, expect, test } from "vitest";
import { renderCleanup, renderCleanupPlans } from "../../../src/lib/render/cleanup.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { CLEANUP } from "../../support/sample-replies.ts";

describe("renderCleanup", () => {
  test("shows what was measured before and after, what was done and what came back", () => {
    expect(`\n${renderCleanup(CLEANUP, PLAIN)}\n`).toMatchInlineSnapshot(`
      "
      MEMORY           PID   BEFORE    AFTER    FREED
      daemon          1201 40.0 MiB 35.0 MiB  5.0 MiB
      worker          1240 20.0 MiB        - 20.0 MiB
      worker          1302 21.0 MiB        - 21.0 MiB
      mapped files         80.0 MiB 36.0 MiB 44.0 MiB
      in-memory cache       2.0 MiB      0 B  2.0 MiB
      used of 7.7 GiB       4.8 GiB  4.7 GiB 95.0 MiB

      ACTION                          REASON                    FREED  TOOK
      in-memory cache emptied         force                   2.0 MiB   1ms
      worker 0 ended                  starts again on demand 20.0 MiB 212ms
      worker 1 ended                  starts again on demand 21.0 MiB 187ms
      garbage collected in the daemon force                   3.0 MiB  14ms

      Freed 46.0 MiB in 1.3s.
      "
    `);
  });

  test("shows a process that has come meanwhile, and more memory as less freed", () => {
    const { before, after } = CLEANUP;
    const text = renderCleanup({ ...CLEANUP, before: after, after: before, actions: [], freedBytes: -1 }, PLAIN);
    expect(text).toMatch(/^worker +1240 +- +20.0 MiB +-20.0 MiB$/m);
    expect(text).toContain("Nothing came back in 1.3s.");
  });
});

describe("renderCleanupPlans", () => {
  test("shows each level with its actions and their sum", () => {
    const [cache, one] = CLEANUP.actions;
    const soft = { ...CLEANUP, level: "soft" as const, dryRun: true, actions: cache ? [cache] : [] };
    const force = { ...CLEANUP, dryRun: true, actions: cache && one ? [cache, one] : [] };
    expect(`\n${renderCleanupPlans([soft, force], PLAIN)}\n`).toMatchInlineSnapshot(`
      "
      LEVEL ACTION                  REASON                 WOULD FREE
      soft  in-memory cache emptied force                     2.0 MiB
            all of it                                         2.0 MiB
      force in-memory cache emptied force                     2.0 MiB
            worker 0 ended          starts again on demand   20.0 MiB
            all of it                                        22.0 MiB

      Nothing was done. The figures are estimates.
      "
    `);
  });
});
