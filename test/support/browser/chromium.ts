import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

const CANVAS_TEXT = readFileSync(join(import.meta.dirname, "in-page/canvas-text.js"), "utf8");
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A Chromium of its own, spoken to through a pipe. */
export async function startChromium(): Promise<Browser> {
  const executablePath = PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("there is no Chromium: apt-get install chromium");
  // Root has no sandbox; the pages are our own, and ask nothing of the network.
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
  return puppeteer.launch({ executablePath, pipe: true, headless: true, args });
}

export interface Look {
  readonly width: number;
  readonly scheme: "dark" | "light";
}

export const LOOKS: readonly Look[] = [1280, 390].flatMap((width) =>
  (["light", "dark"] as const).map((scheme) => ({ width, scheme })),
);

/** A page as somebody with this screen sees it; what it says of errors is kept in `faults`. */
export async function openPage(
  browser: Browser,
  path: string,
  { width, scheme }: Look,
): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => void faults.push(String(error)));
  page.on("console", (message) => void (message.type() === "error" && faults.push(message.text())));
  page.on("requestfailed", (request) => void faults.push(`asked for ${request.url()}`));
  await page.setViewport({ width, height: 900, deviceScaleFactor: 1 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.evaluateOnNewDocument(CANVAS_TEXT);
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  return { page, faults };
}
