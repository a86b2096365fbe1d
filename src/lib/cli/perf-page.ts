import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageFile } from "../package-files.ts";
import type { EvalAssets } from "../render/eval-page.ts";
import type { PageAssets } from "../render/perf-page.ts";

const TEMPLATES = packageFile("templates/perf-report");

/** Reads what the page of a load test is made of. */
export function readPageAssets(): PageAssets {
  // Inlined into the page as they are, and never run here.
  const plot = dirname(fileURLToPath(import.meta.resolve("uplot/dist/uPlot.min.css")));
  const read = (name: string, folder: string): string => readFileSync(join(folder, name), "utf8");
  return {
    template: read("page.eta", TEMPLATES),
    style: read("page.css", TEMPLATES),
    chartScript: read("chart.js", TEMPLATES),
    script: read("page.js", TEMPLATES),
    plotScript: read("uPlot.iife.min.js", plot),
    plotStyle: read("uPlot.min.css", plot),
  };
}

/** Reads what the page of an evaluation is made of: a load test's looks, and no script. */
export function readEvalAssets(): EvalAssets {
  const own = packageFile("templates/eval-report");
  return {
    template: readFileSync(join(own, "page.eta"), "utf8"),
    style: readFileSync(join(TEMPLATES, "page.css"), "utf8") + readFileSync(join(own, "page.css"), "utf8"),
  };
}

/** Reads what the page of a plan is made of: an evaluation's looks, which it has its plots from. */
export function readPlanAssets(): EvalAssets {
  const { style } = readEvalAssets();
  return { template: readFileSync(join(packageFile("templates/plan-report"), "page.eta"), "utf8"), style };
}
