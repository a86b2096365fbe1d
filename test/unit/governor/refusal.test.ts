import { describe, expect, test } from "vitest";
import { Footprint } from "../../../src/daemon/governor/footprint.ts";
import { GIB } from "../../../src/lib/units.ts";
import { Governed } from "./support/governed.ts";

/** Two workers of 10 % each, after one reading. */
async function readOnce(others: number, workers = 2): Promise<Governed> {
  const governed = new Governed({ workers });
  governed.meter.state = { others, worker: 0.1 };
  await governed.pass(1);
  return governed;
}

test("nothing is refused before the first reading", () => {
  expect(new Governed().governor.refusal(99)).toBeUndefined();
});

test("more workers fit as long as they stay below critical, each taking what the largest took", async () => {
  const { governor } = await readOnce(0.3);
  expect([1, 2, 3, 4].map((workers) => governor.refusal(workers) === undefined)).toEqual([true, true, true, true]);
  expect(governor.refusal(5)).toBe(
    "5 workers need 4.0 GiB; 4.0 GiB of 8.0 GiB are used, so 3.2 GiB are left below 90%",
  );
});

test("what a worker once took counts, although a fresh one takes less", async () => {
  const governed = await readOnce(0.3);
  governed.meter.state = { others: 0.3, worker: 0.05 };
  await governed.pass(1);
  expect(governed.governor.refusal(6)).toContain("6 workers need 4.8 GiB; 3.2 GiB of 8.0 GiB are used");
});

test("an estimate stands in until a worker was measured", async () => {
  const governed = new Governed();
  await governed.workers.unload();
  governed.meter.state = { others: 0.894, worker: 0.1 };
  await governed.pass(1);
  expect(governed.governor.refusal(1)).toBeUndefined();
  expect(governed.governor.refusal(2)).toMatch(/^2 workers need 96\.0 MiB; .* so 49\.\d MiB are left below 90%$/);
});

describe("held against a limit of our own", () => {
  test("the first worker brings the weights that all share, and a further one only what is its own", async () => {
    const governed = new Governed();
    governed.meter.source = "setting";
    governed.meter.state = { others: 0.3, worker: 0.03 };
    await governed.pass(1);
    expect(governed.governor.refusal(50)).toContain("50 workers need 12.0 GiB");
    await governed.workers.unload();
    governed.meter.state = { others: 0.89, worker: 0.03 };
    await governed.pass(1);
    expect(governed.governor.refusal(1)).toContain("a worker needs 296 MiB");
  });

  test("an estimate counts the weights, too", async () => {
    const governed = new Governed();
    governed.meter.source = "setting";
    await governed.workers.unload();
    governed.meter.state = { others: 0.89, worker: 0.1 };
    await governed.pass(1);
    expect(governed.governor.refusal(1)).toContain("a worker needs 148 MiB");
  });
});

test("processes of another model, which serves during a switch, say nothing about this one's", async () => {
  const governed = await readOnce(0.3);
  const footprint = new Footprint(() => ({ anonymousBytes: 1, loadBytes: 1, sharedBytes: 0 }));
  footprint.observe(governed.governor.sample!, []);
  expect(footprint.bytesFor({ workers: 1, mapped: true }, "system")).toBe(1);
  footprint.observe(
    governed.governor.sample!,
    governed.workers.views().map(({ pid }) => pid),
  );
  expect(footprint.bytesFor({ workers: 1, mapped: true }, "system")).toBe(Math.round(0.1 * 8 * GIB));
});

describe("at high", () => {
  test("no worker is started while another serves, fit or not", async () => {
    const governed = await readOnce(0.66);
    await governed.pass(2);
    expect(governed.governor.level).toBe("high");
    expect(governed.workers.serving).toBe(1);
    expect(governed.governor.refusal(1)).toBe("memory is at high, and another worker serves");
  });

  test("the first one is, where it fits", async () => {
    const governed = await readOnce(0.66);
    await governed.pass(2);
    await governed.workers.unload();
    governed.meter.state = { others: 0.79, worker: 0.1 };
    await governed.pass(1);
    expect(governed.governor.refusal(1)).toBeUndefined();
    governed.meter.state = { others: 0.81, worker: 0.1 };
    await governed.pass(1);
    expect(governed.governor.refusal(1)).toMatch(/^a worker needs 819 MiB/);
  });
});

describe("while workers are recycled in turn", () => {
  test("a replacement takes the place of the one that ended, at critical too, and no other starts", async () => {
    const governed = await readOnce(0.72);
    const refusals: (string | undefined)[] = [];
    governed.workers.birth = async () => void refusals.push(governed.governor.refusal(1));
    await governed.pass(2);
    expect(governed.governor.level).toBe("critical");
    expect(governed.orders).toContain("recycle 1: memory, in turn");
    expect(refusals).toEqual(Array(2).fill("memory is at critical, and another worker serves"));
    expect([governed.workers.serving, governed.workers.fewest]).toEqual([2, 1]);
  });

  test("the only worker comes back, although the last reading still counts the one that ended", async () => {
    const governed = await readOnce(0.82, 1);
    await governed.pass(2);
    expect(governed.orders).toContain("recycle 0: memory, in turn");
    expect(governed.workers.serving).toBe(1);
    expect(governed.acts[0]).not.toHaveProperty("detail");
  });

  test("the place is not kept once that is done", async () => {
    const governed = await readOnce(0.72);
    await governed.pass(2);
    await governed.workers.unload([0]);
    expect(governed.governor.refusal(1)).toBe("memory is at critical, and another worker serves");
  });
});
