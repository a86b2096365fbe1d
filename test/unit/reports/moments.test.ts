import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packMoment, unpackMoment } from "../../../src/daemon/reports/moments.ts";
import { SAMPLE } from "../../support/sample-replies.ts";

const FIRST = new URL("../../fixtures/moments/v1.json", import.meta.url);

test("a moment comes back as it was, and takes less than a kilobyte", () => {
  const packed = packMoment(SAMPLE);
  expect(unpackMoment(JSON.parse(JSON.stringify(packed)))).toEqual(SAMPLE);
  expect(JSON.stringify(packed).length).toBeLessThan(1024);
});

// What a sample gets in a later release must be optional: else a month of moments can't be read after the upgrade.
test("what the first release packed can still be read", () => {
  const { body, usage, workers } = JSON.parse(readFileSync(FIRST, "utf8")) as {
    body: unknown;
    usage: number;
    workers: unknown[];
  };
  const sample = unpackMoment(body);
  expect(sample?.memory.usage).toBe(usage);
  expect(sample?.process.workers).toMatchObject(workers);
});

test("what is no moment of ours is none, and takes no memory", () => {
  const packed = packMoment(SAMPLE);
  const bomb = packMoment({ ...SAMPLE, health: { ...SAMPLE.health, version: "x".repeat(5_000_000) } });
  for (const body of [null, "", 7, {}, { v: 2, z: packed.z }, { v: 1, z: "%%%" }, { v: 1, z: "AAAA" }, bomb])
    expect(unpackMoment(body)).toBeUndefined();
});
