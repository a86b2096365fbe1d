import { execFileSync } from "node:child_process";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import type { PerfReport } from "../../../src/lib/protocol/perf.ts";
import { renderPerfCsv } from "../../../src/lib/render/perf-csv.ts";
import { renderJunit } from "../../../src/lib/render/perf-junit.ts";
import { PERF_REPORT, SEARCH } from "../../support/perf-report.ts";

describe("the CSV", () => {
  test("has a line for each window, with what was seen of the machine in it", () => {
    const rows = parse<Record<string, string>>(renderPerfCsv(PERF_REPORT), { columns: true });
    expect(rows).toHaveLength(PERF_REPORT.windows.list.length);
    expect(rows[9]).toMatchObject({ at_seconds: "9", computed: "10", memory: "20", redis: "10", p99_ms: "51.2" });
    expect(rows[9]).toMatchObject({ usage: "0.27", machine_cpu: "0.62", waiting: "4" });
  });

  test("has a line for each rate of a search, whatever its words hold", () => {
    const rows = parse<Record<string, string>>(renderPerfCsv({ ...PERF_REPORT, search: SEARCH }), { columns: true });
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      run: "1",
      rate_per_second: "160",
      held: "0",
      why: SEARCH.steps[0]!.why,
      usage: "",
    });
  });
});

/** Counts and messages, as Python's parser reads them. */
function junitOf(report: PerfReport): { counts: string[]; cases: [string, string, string][] } {
  const script = `
import json, sys, xml.etree.ElementTree as tree
suite = tree.fromstring(sys.stdin.read())[0]
cases = [[c.get("name"), c[0].tag if len(c) else "passed", c[0].get("message") if len(c) else ""] for c in suite]
print(json.dumps({"counts": [suite.get(n) for n in ("tests", "failures", "errors", "skipped")], "cases": cases}))`;
  return JSON.parse(execFileSync("python3", ["-c", script], { input: renderJunit(report), encoding: "utf8" })) as never;
}

describe("the JUnit file", () => {
  test("has a case for each target: passed, failed with what was measured, or left out with why", () => {
    const { counts, cases } = junitOf(PERF_REPORT);
    const outcomes = PERF_REPORT.targets.map(({ name, pass }) => [
      name,
      pass === null ? "skipped" : pass ? "passed" : "failure",
    ]);
    expect(cases.slice(0, outcomes.length).map(([name, outcome]) => [name, outcome])).toEqual(outcomes);
    expect(counts[0]).toBe(String(cases.length));
    expect(counts[1]).toBe(String(cases.filter(([, outcome]) => outcome === "failure").length));
  });

  test("has an error for what ends a run before its time, and for a generator at its end; and no odd characters", () => {
    const bottleneck = 'busy <&> "late"\u0007';
    const report: PerfReport = {
      ...PERF_REPORT,
      search: SEARCH,
      interrupted: "interrupted",
      verdict: "generator",
      generator: { ...PERF_REPORT.generator, bottleneck },
    };
    expect(junitOf(report).cases.slice(-3)).toEqual([
      ["load generator", "error", 'busy <&> "late"?'],
      ["whole run", "error", "interrupted"],
      ["find-max", "failure", expect.stringContaining("at its end first")],
    ]);
  });
});
