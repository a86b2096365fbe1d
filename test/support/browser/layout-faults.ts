import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";

const SCRIPT = readFileSync(join(import.meta.dirname, "in-page/layout-faults.js"), "utf8");
const MOST_TOLD = 20;

/** What lies over something else, is cut off, or sticks out of the page: empty where all is well. */
export async function layoutFaults(page: Page): Promise<readonly string[]> {
  const faults = (await page.evaluate(SCRIPT)) as readonly string[];
  return faults.slice(0, MOST_TOLD);
}
