import { readFileSync } from "node:fs";
import type { PageAssets } from "../render/perf-page.ts";

const TEMPLATES = new URL("../../../templates/perf-report/", import.meta.url);
/** Reads what the page of a load test is made of. */
export function readPageAssets(): PageAssets {
  // Inlined into the page as they are, and never run here.
  const plot = new URL("./", import.meta.resolve("uplot/dist/uPlot.min.css"));
  const read = (name: string, folder: URL): string => readFileSync(new URL(name, folder), "utf8");
  return {
    template: read("page.eta", TEMPLATES),
    style: read("page.css", TEMPLATES),
    script: read("page.js", TEMPLATES),
    plotScript: read("uPlot.iife.min.js", plot),
    plotStyle: read("uPlot.min.css", plot),
  };
}
