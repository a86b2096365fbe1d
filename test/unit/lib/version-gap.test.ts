import { expect, test } from "vitest";
import { isNewer, versionGap } from "../../../src/lib/version-gap.ts";

test.each([
  ["0.2.0", "0.1.0", true],
  ["0.1.0", "0.2.0", false],
  ["0.10.0", "0.9.9", true],
  ["1.0.0", "1.0.0-rc.1", true],
  ["1.0.0-rc.1", "1.0.0", false],
  ["1.0.0", "1.0.0", false],
])("%s is newer than %s: %s", (one, other, is) => expect(isNewer(one, other)).toBe(is));

test("what is said where they differ", () => {
  expect(versionGap("0.2.0", "0.2.0")).toBeNull();
  expect(versionGap("0.2.0", "0.1.0")).toContain("the daemon still 0.1.0: deploy or restart it");
  expect(versionGap("0.1.0", "0.2.0")).toContain("older than the daemon, which is 0.2.0: update it");
});
