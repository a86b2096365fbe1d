import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPlanAssets } from "../../../src/lib/cli/perf-page.ts";
import { UNICODE_GLYPHS } from "../../../src/lib/render/glyphs.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { renderPlan } from "../../../src/lib/render/plan.ts";
import { renderPlanPage } from "../../../src/lib/render/plan-page.ts";
import { LOOKS, openPage, startChromium } from "../../support/browser/chromium.ts";
import { layoutFaults } from "../../support/browser/layout-faults.ts";
import { planMachine, planReport } from "../../support/plan-fixtures.ts";
import { temporaryFolder } from "../../support/temporary.ts";

let browser: Browser;
beforeAll(async () => void (browser = await startChromium()));
afterAll(() => browser.close());

const REPORTS = {
  "three hours of a t3": await planReport(3, planMachine({ name: "t3.large", baseline: 0.3 })),
  "one hour of this machine": await planReport(1),
};

test.each(
  LOOKS.flatMap((look) => Object.keys(REPORTS).map((name) => ({ ...look, name: name as keyof typeof REPORTS }))),
)("the page of $name has nothing over anything else at $width px, $scheme", async ({ name, ...look }) => {
  const report = REPORTS[name];
  const path = join(temporaryFolder(), "page.html");
  writeFileSync(path, renderPlanPage(report, readPlanAssets()));
  const { page, faults } = await openPage(browser, path, look);
  expect(await layoutFaults(page)).toEqual([]);
  expect(faults).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBeLessThanOrEqual(0);
  const kept = (await page.evaluate(`document.getElementById("report").textContent`)) as string;
  expect(JSON.parse(kept)).toEqual(report);
  await page.close();
});

test("the text of it is no wider than a terminal, and agrees with the page on what was found", () => {
  for (const report of Object.values(REPORTS)) {
    const text = renderPlan(report, PLAIN, UNICODE_GLYPHS);
    const lines = text.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toContain("1,234");
    expect(renderPlanPage(report, readPlanAssets())).toContain(">1,234</data>");
    expect(text).toContain(report.verdict === "holds" ? "It holds them." : "misses the targets in hour 2");
  }
});
