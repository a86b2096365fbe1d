import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPageAssets } from "../../../src/lib/cli/perf-page.ts";
import { perfReport, type PerfReport } from "../../../src/lib/protocol/perf.ts";
import { renderPerfPage } from "../../../src/lib/render/perf-page.ts";
import { LOOKS, openPage, startChromium } from "../../support/browser/chromium.ts";
import { layoutFaults } from "../../support/browser/layout-faults.ts";
import { BLIND_REPORT, PERF_REPORT, SEARCHED_REPORT, STAGED_REPORT } from "../../support/perf-report.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const ACCEPTANCE = join(import.meta.dirname, "../../../docs/acceptance");

/** As it was measured, with the life cycle under load: eleven recycles, and what put them off. */
function recorded(): PerfReport {
  const html = readFileSync(join(ACCEPTANCE, "targets-distilbert-int8.html"), "utf8");
  return perfReport.parse(JSON.parse(/id="report">(.*?)<\/script>/s.exec(html)![1]!));
}

const LONG = `unix:///run/${"a-folder-with-a-long-name/".repeat(6)}redis.sock`;

/** Everything that can be long, is. */
const CROWDED: PerfReport = {
  ...PERF_REPORT,
  seconds: 12.004,
  settings: { REDIS_URL: LONG, A_SETTING_WITH_A_VERY_LONG_NAME_FOR_A_PHONE: "1" },
  machine: { ...PERF_REPORT.machine, cpu: "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz with more to say of itself" },
  latencyMs: { ...PERF_REPORT.latencyMs, all: { ...PERF_REPORT.latencyMs.all, count: 123_456_789, max: 59_999 } },
  happenings: Array.from({ length: 60 }, (_, index) => ({
    atSeconds: index / 5,
    action: ["recycle", "put off", "level", "unload idle", "force cleanup", "worker died"][index % 6]!,
    reason: "a reason which is told in a sentence rather than in a word, as the newer ones are",
    durationMs: 400,
    slot: index % 2,
  })),
};

const PAGES: readonly (readonly [string, () => PerfReport, (() => PerfReport) | null])[] = [
  ["of a full report", () => PERF_REPORT, null],
  ["of a blind report", () => BLIND_REPORT, null],
  ["of a search", () => SEARCHED_REPORT, null],
  ["of stages", () => STAGED_REPORT, null],
  ["of a recorded run", recorded, null],
  ["of a crowded run", () => CROWDED, null],
  ["that compares two runs", () => ({ ...recorded(), comparison: PERF_REPORT.comparison }), recorded],
];

let browser: Browser;
beforeAll(async () => void (browser = await startChromium()));
afterAll(() => browser.close());

describe.each(PAGES)("the page %s", (_, report, baseline) => {
  test.each(LOOKS)("has nothing over anything else at $width px, $scheme", async (look) => {
    const path = join(temporaryFolder(), "page.html");
    writeFileSync(path, renderPerfPage(report(), readPageAssets(), baseline?.() ?? null));
    const { page, faults } = await openPage(browser, path, look);
    expect(await layoutFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });
});

test("memory, latency and what was done meanwhile have one axis of time, and each legend tells a figure", async () => {
  const path = join(temporaryFolder(), "page.html");
  writeFileSync(path, renderPerfPage(recorded(), readPageAssets()));
  const { page } = await openPage(browser, path, { width: 1280, scheme: "light" });
  const script = `["latency", "memory", "machineMemory", "throughput", "cpu"].map((name) => '[data-plot="' + name + '"] .u-over')
    .concat(".lane div").map((place) => document.querySelector(place).getBoundingClientRect())
    .map(({ left, right }) => [left, right].map(Math.round).join(" to "))`;
  const places = (await page.evaluate(script)) as string[];
  expect(new Set(places).size, places.join(", ")).toBe(1);
  const legends = (await page.evaluate(
    `[...document.querySelectorAll(".legend b")].map((one) => one.textContent)`,
  )) as string[];
  expect(legends.length).toBeGreaterThan(15);
  for (const words of legends) expect(words).toMatch(/^(?:highest |most often )?\d/);
  await page.close();
});
