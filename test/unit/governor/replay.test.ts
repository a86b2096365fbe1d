import { describe, expect, test } from "vitest";
import { Governed } from "./support/governed.ts";
import { replay, verdictsOf } from "./support/trace.ts";

/** Each trace is test/fixtures/traces/<name>.txt, and what the governor made of it is beside it. */
describe("the governor through a trace", () => {
  test.each(["slow-climb", "neighbour", "page-cache-noise", "useless-recycling", "leak", "thrashing"])(
    "%s",
    async (name) => {
      const governed = new Governed();
      await expect(await replay(name, governed)).toMatchFileSnapshot(verdictsOf(name));
      expect(governed.failures).toEqual([]);
    },
  );
});
