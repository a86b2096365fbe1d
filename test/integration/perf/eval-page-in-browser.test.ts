import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEvalAssets } from "../../../src/lib/cli/perf-page.ts";
import { renderEvalPage } from "../../../src/lib/render/eval-page.ts";
import { renderModelEval } from "../../../src/lib/render/model-eval.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { LOOKS, openPage, startChromium } from "../../support/browser/chromium.ts";
import { layoutFaults } from "../../support/browser/layout-faults.ts";
import { fullReport, smallReport } from "../../support/eval-report.ts";
import { temporaryFolder } from "../../support/temporary.ts";

let browser: Browser;
beforeAll(async () => void (browser = await startChromium()));
afterAll(() => browser.close());

describe.each([
  ["full", fullReport()],
  ["small", smallReport()],
])("the page of a %s evaluation", (_, report) => {
  test.each(LOOKS)("has nothing over anything else at $width px, $scheme", async (look) => {
    const path = join(temporaryFolder(), "page.html");
    writeFileSync(path, renderEvalPage(report, readEvalAssets()));
    const { page, faults } = await openPage(browser, path, look);
    expect(await layoutFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    const wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
    expect(wide).toBeLessThanOrEqual(0);
    const kept = (await page.evaluate(`document.getElementById("report").textContent`)) as string;
    expect(JSON.parse(kept)).toEqual(report);
    await page.close();
  });

  test("and its text agree on the accuracy", () => {
    const words = report.evaluated.accuracy.toFixed(3);
    expect(renderEvalPage(report, readEvalAssets())).toContain(`>${words}</data>`);
    expect(renderModelEval(report, PLAIN)).toContain(`accuracy      ${words} `);
  });
});
