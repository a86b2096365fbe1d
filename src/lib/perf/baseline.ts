import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { jsonText } from "../harmless.ts";
import { CombotError } from "../errors.ts";
import { perfReport } from "../protocol/perf.ts";
import type { PerfReport } from "../protocol/perf.ts";
import { namedFileFailure } from "../system-errors.ts";
import { GIB } from "../units.ts";

/** @throws {CombotError} `USAGE` where there is no report in it. */
export function readBaseline(path: string): PerfReport {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) {
      throw new CombotError("USAGE", `--baseline ${path}: this is not what --save writes, nor any JSON.`);
    }
    throw namedFileFailure(`--baseline ${path}`, thrown);
  }
  const { data, error } = perfReport.safeParse(json, { jitless: true });
  if (data) return data;
  const [issue] = error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new CombotError("USAGE", `--baseline ${path}: this is not what --save writes (${where}: ${issue?.message}).`);
}

export type Facts = Pick<PerfReport, "model" | "machine" | "load">;

/**
 * Like is compared with like: the same load, model and machine. Versions may differ, which is what a comparison is for.
 *
 * @throws {CombotError} `USAGE` naming what differs.
 */
export function refuseUnlike(path: string, baseline: Facts, now: Facts): void {
  const [before, after] = [flat(baseline), flat(now)];
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
  if (names.length === 0) return;
  const told = names.map((name) => `${name} ${before.get(name) ?? "none"} then, ${after.get(name) ?? "none"} now`);
  throw new CombotError("USAGE", `--baseline ${path} was another run: ${told.join("; ")}.`);
}

/** The kernel may be a newer one, which keeps a little more or less of the memory for itself. */
function flat({
  model,
  machine: { cpu, cores, memoryBytes },
  load: { texts, marked: _marked, ...load },
}: Facts): Map<string, string> {
  const { source: _path, ...sameTexts } = texts;
  const parts = {
    ...load,
    texts: JSON.stringify(sameTexts),
    model: model?.digest,
    cpu,
    cores,
    memoryGib: Math.round(memoryBytes / GIB),
  };
  return new Map(Object.entries(parts).map(([name, value]) => [name, String(value ?? "none")]));
}

/** Before a run of minutes, rather than after it. @throws {CombotError} `FILE_REFUSED` or `USAGE` where no file can be written. */
export function refuseUnwritable(flag: string, path: string): void {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
  } catch (thrown) {
    throw namedFileFailure(`${flag} ${path}`, thrown);
  }
}

export function saveReport(path: string, report: PerfReport): void {
  write("--save", path, `${jsonText(report)}\n`);
}

/** @throws {CombotError} `FILE_REFUSED` or `USAGE` where it can't be written. */
export function write(flag: string, path: string, content: string): void {
  try {
    writeFileSync(path, content);
  } catch (thrown) {
    throw namedFileFailure(`${flag} ${path}`, thrown);
  }
}
