import { beforeAll, expect, test } from "vitest";
import { BAD_RATES, GOOD_RATES } from "../../support/per-user-rates.ts";
import { requireBuild, runCli } from "./cli-process.ts";

beforeAll(requireBuild);

/** What both commands say of a rate, each with another flag that it refuses once it has taken the rate. */
async function outcomes(rate: string) {
  const [plan, perfTest] = await Promise.all([
    runCli(["plan", "--users", "10", "--machine", "abacus", "--per-user", rate]),
    runCli(["perf-test", "--find-max", "--report", "/absent/page.html", "--per-user", rate]),
  ]);
  return { plan, perfTest };
}

test.each(GOOD_RATES)("plan and perf-test take %s", async (rate) => {
  const { plan, perfTest } = await outcomes(rate);
  expect(plan.stderr).toContain("abacus");
  expect(perfTest.stderr).toContain("/absent/page.html");
});

test.each(BAD_RATES)("plan and perf-test refuse %j in the same words", async (rate) => {
  const { plan, perfTest } = await outcomes(rate);
  expect([plan.status, perfTest.status]).toEqual([2, 2]);
  expect(plan.stderr).toContain("--per-user");
  expect(perfTest.stderr).toBe(plan.stderr);
});
