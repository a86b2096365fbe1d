import { describe, expect, test } from "vitest";
import { renderDecision, renderDecisions } from "../../../src/lib/render/decisions.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { MIB } from "../../../src/lib/units.ts";
import { DECISION } from "../../support/sample-replies.ts";

describe("renderDecisions", () => {
  test("has a line for each, and units that fit what was measured", () => {
    const { slot: _slot, detail: _detail, ...bare } = DECISION;
    const rows = [
      {
        ...bare,
        action: "level" as const,
        reason: "high",
        measured: 0.8731,
        threshold: 0.85,
        freedBytes: null,
        durationMs: 0,
      },
      DECISION,
      { ...DECISION, reason: "uptime", measured: 14_460, threshold: 14_400, slot: 0 },
      { ...bare, action: "unload" as const, reason: "idle", measured: 301.4, threshold: 300, freedBytes: 388 * MIB },
      { ...bare, action: "cleanup" as const, reason: "by hand", measured: null, threshold: null, detail: "force" },
    ];
    expect(`\n${renderDecisions({ decisions: rows }, PLAIN)}\n`).toMatchInlineSnapshot(`
      "
      TIME                 ACTION       REASON    MEASURED, BY      FREED  TOOK DETAIL
      2026-01-02 03:04:05Z level        high      87% of 85%            -     -
      2026-01-02 03:04:05Z recycle      users     50 of 50       21.0 MiB 812ms slot 1; replacement first: a worker needs 24.0 MiB
      2026-01-02 03:04:05Z recycle      uptime    4h 1m of 4h    21.0 MiB 812ms slot 0; replacement first: a worker needs 24.0 MiB
      2026-01-02 03:04:05Z unload       idle      5m 1s of 5m     388 MiB 812ms
      2026-01-02 03:04:05Z cleanup      by hand   -              21.0 MiB 812ms force
      "
    `);
  });

  test("says so where there are none", () => {
    expect(renderDecisions({ decisions: [] }, PLAIN)).toBe("No decisions.");
    expect(renderDecisions({ decisions: [], missing: "it is locked" }, PLAIN)).toBe("No decisions of this run.");
  });

  test("is one line, whatever the detail holds", () => {
    expect(renderDecision({ ...DECISION, detail: "slot 0: it\n died\r\n\tat once" })).toMatch(
      /slot 1; slot 0: it died at once$/,
    );
  });
});
