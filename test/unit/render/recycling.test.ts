import { describe, expect, test } from "vitest";
import { renderLoad, renderRecycles, renderUnload } from "../../../src/lib/render/recycling.ts";
import { renderDecision } from "../../../src/lib/render/decisions.ts";
import { cameBack } from "../../../src/lib/render/words.ts";
import { MIB } from "../../../src/lib/units.ts";
import { DECISION } from "../../support/sample-replies.ts";

describe("renderRecycles", () => {
  test("has a line for each slot", () => {
    const recycles = [
      { slot: 0, done: true, durationMs: 2140, freedBytes: 388 * MIB },
      { slot: 1, done: false, error: "the replacement did not get ready within 120 s" },
      { slot: 2, done: false },
    ];
    expect(renderRecycles({ recycles })).toMatchInlineSnapshot(`
      "slot 0: replaced in 2.1s, freed 388 MiB
      slot 1: failed: the replacement did not get ready within 120 s
      slot 2: started"
    `);
  });

  test.each([0, -12 * 1024])("says so where nothing came back: %s", (freedBytes) => {
    const recycles = [{ slot: 0, done: true, durationMs: 900, freedBytes }];
    expect(renderRecycles({ recycles })).toBe("slot 0: replaced in 900ms, freed nothing");
    const unloaded = { stopped: [0], beforeBytes: MIB, afterBytes: MIB - freedBytes, freedBytes, durationMs: 9 };
    expect(renderUnload(unloaded, true)).toMatch(/^freed {3}nothing$/m);
    expect(renderDecision({ ...DECISION, freedBytes })).toMatch(/ {2}nothing /);
    expect(cameBack(freedBytes)).toBe("nothing");
  });

  test("says so where there is nothing to do", () => {
    expect(renderRecycles({ recycles: [] })).toBe("No workers to recycle.");
  });
});

describe("renderLoad", () => {
  test.each([
    ["all loaded before", { started: [], ready: [0, 1], durationMs: 1 }, true],
    ["waited for", { started: [0], ready: [0, 1], durationMs: 2300 }, true],
    ["not waited for", { started: [0, 1], ready: [], durationMs: 1 }, false],
    ["in vain", { started: [0], ready: [], durationMs: 120_000 }, true],
  ])("%s", (_, reply, waited) => {
    expect(renderLoad(reply, waited)).toMatchSnapshot();
  });
});

describe("renderUnload", () => {
  const done = {
    stopped: [0, 1],
    beforeBytes: 812 * MIB,
    afterBytes: 92 * MIB,
    freedBytes: 720 * MIB,
    durationMs: 840,
  };

  test("shows what was measured before and after", () => {
    expect(renderUnload(done, true)).toMatchInlineSnapshot(`
      "Unloaded slots 0, 1 in 840ms.
      before  812 MiB
      after   92.0 MiB
      freed   720 MiB"
    `);
  });

  test("claims nothing that was not measured", () => {
    const started = { ...done, afterBytes: null, freedBytes: null };
    expect(renderUnload(started, false)).toMatchInlineSnapshot(`
      "Unloading slots 0, 1.
      before  812 MiB"
    `);
  });

  test("says so where there is nothing to do", () => {
    expect(renderUnload({ ...done, stopped: [] }, true)).toBe("Nothing to unload.");
  });
});
