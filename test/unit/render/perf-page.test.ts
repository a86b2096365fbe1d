import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PerfReport } from "../../../src/lib/protocol/perf.ts";
import { pageFigure, renderPerfPage, valueAt } from "../../../src/lib/render/perf-page.ts";
import type { PageAssets, PageFormat } from "../../../src/lib/render/perf-page.ts";
import { BLIND_REPORT, PERF_REPORT, SEARCHED_REPORT, STAGED_REPORT } from "../../support/perf-report.ts";

const TEMPLATES = join(import.meta.dirname, "../../../templates/perf-report");

const ASSETS: PageAssets = {
  template: readFileSync(join(TEMPLATES, "page.eta"), "utf8"),
  style: "",
  chartScript: "/* charts */",
  script: "/* page */",
  plotScript: "/* plot */",
  plotStyle: "",
};

const ENTITIES: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&" };

function unescaped(html: string): string {
  return html.replaceAll(/&(?:lt|gt|quot|amp);/g, (entity) => ENTITIES[entity]!);
}

interface Figure {
  readonly path: string;
  readonly value: string;
  readonly format: PageFormat;
  readonly text: string;
}

function figuresOf(html: string): Figure[] {
  const element = /<data value="([^"]*)" data-path="([^"]*)" data-format="([^"]*)">([^<]*)<\/data>/g;
  return [...html.matchAll(element)].map(([, value = "", path = "", format = "", text = ""]) => ({
    path,
    value: unescaped(value),
    format: format as PageFormat,
    text: unescaped(text),
  }));
}

function reportIn(html: string): unknown {
  return JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)![1]!);
}

/** What is written on the page besides figures. */
function wordsOf(html: string): string {
  return html
    .replaceAll(/<(script|style)\b.*?<\/\1>/gs, "")
    .replaceAll(/<data [^>]*>[^<]*<\/data>/g, "")
    .replaceAll(/<[^>]*>/g, " ");
}

describe.each<[string, PerfReport]>([
  ["full", PERF_REPORT],
  ["blind", BLIND_REPORT],
  ["searched", SEARCHED_REPORT],
  ["staged", STAGED_REPORT],
])("the page of a %s report", (_, report) => {
  const html = renderPerfPage(report, ASSETS);

  test("has the report itself in it, which the charts are drawn from", () => {
    expect(reportIn(html)).toEqual(report);
  });

  test("has no figure that differs from the report's", () => {
    const figures = figuresOf(html);
    expect(figures.length).toBeGreaterThan(25);
    for (const { path, value, format, text } of figures) {
      const told = valueAt(report, path);
      expect([path, value, text]).toEqual([path, String(told), pageFigure(told, format)]);
    }
  });

  test("has no figure besides those: not a digit stands anywhere else but in the names of percentiles", () => {
    expect(wordsOf(html).replaceAll(/\bp(?:50|90|99(?:\.9)?)\b/g, "")).not.toMatch(/\d/);
  });

  test("asks nothing of the network", () => {
    expect(html).toContain(`content="default-src 'none'`);
    expect(html).not.toMatch(/(?:src|href)=/);
  });
});

test("nothing in the report can break out of the page", () => {
  const nasty = '</script><script>alert("1")</script>&<b>';
  const html = renderPerfPage({ ...PERF_REPORT, settings: { [nasty]: nasty } }, ASSETS);
  expect(html).not.toContain("<script>alert");
  expect((reportIn(html) as PerfReport).settings).toEqual({ [nasty]: nasty });
});

test("a value of another kind than its format is a mistake", () => {
  expect(() => pageFigure("12", "ms")).toThrow(TypeError);
  expect(() => pageFigure(undefined, "count")).toThrow(TypeError);
  expect(() => pageFigure(12, "text")).toThrow(TypeError);
});
