import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Sample } from "../../../src/daemon/governor/ports.ts";
import { Footprints } from "../../../src/daemon/residency/footprints.ts";
import type { Engine } from "../../../src/daemon/residency/engine.ts";
import { MIB } from "../../../src/lib/units.ts";

let stateDir: string;
beforeEach(() => void (stateDir = mkdtempSync(join(tmpdir(), "combot-footprints-"))));
afterEach(() => rmSync(stateDir, { recursive: true }));

const DIGEST = "a".repeat(64);
/** As far as footprints look at one: a model of 10 MiB with one worker that serves. */
const engineOf = (): Engine =>
  ({
    model: { digest: DIGEST, bytes: 10 * MIB },
    unshared: () => "it is small",
    trial: () => undefined,
    pool: { slots: [{ current: { pid: 7, serving: true } }] },
  }) as unknown as Engine;

const figures = { rssBytes: 90 * MIB, pssBytes: 90 * MIB, privateBytes: 90 * MIB, mappedBytes: 0 };
const processes = [{ role: "worker", pid: 7, ...figures }] as const;
const SAMPLE = { source: "cgroup", processes } as unknown as Sample;

const needs = (footprints: Footprints): number[] => {
  const footprint = footprints.of(engineOf());
  return [0, 1].map((loading) => footprint.bytesFor({ workers: 1, mapped: false, loading }, "cgroup") / MIB);
};

test("what serving and loading take outlives a restart", async () => {
  const footprints = new Footprints(stateDir);
  const engine = engineOf();
  footprints.loaded(engine, 140 * MIB);
  footprints.observe(SAMPLE, [engine]);
  await footprints.keep();
  expect(needs(new Footprints(stateDir))).toEqual([90, 140]);
});

test("a load that takes more is written, though serving takes no more", async () => {
  const footprints = new Footprints(stateDir);
  const engine = engineOf();
  footprints.observe(SAMPLE, [engine]);
  await footprints.keep();
  footprints.loaded(engine, 140 * MIB);
  footprints.observe(SAMPLE, [engine]);
  await footprints.keep();
  const kept = { anonymousBytes: 90 * MIB, sharedBytes: 0, loadBytes: 140 * MIB };
  expect(JSON.parse(readFileSync(join(stateDir, "footprints.json"), "utf8"))).toEqual({ [DIGEST]: kept });
});

test("a file of an older version, which knows nothing of loads, is read", () => {
  const old = { [DIGEST]: { anonymousBytes: 60 * MIB, sharedBytes: 0 } };
  writeFileSync(join(stateDir, "footprints.json"), JSON.stringify(old));
  // 48 MiB and 2.6 times the file.
  expect(needs(new Footprints(stateDir))).toEqual([60, 74]);
});
