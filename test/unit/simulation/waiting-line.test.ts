import fc from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "../../../src/daemon/queue/queue.ts";
import { BATCH_LIMITS } from "../../../src/daemon/policy/batch.ts";
import { WaitingLine } from "../../../src/daemon/simulation/waiting-line.ts";
import type { Text } from "../../../src/daemon/simulation/waiting-line.ts";

const MAX_TEXTS = 12;
const TIMEOUT_MS = 5000;

/** A text comes, a worker takes a batch, or time passes. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ comes: fc.integer({ min: 1, max: 600 }) }) },
  { weight: 2, arbitrary: fc.constant("take" as const) },
  { weight: 2, arbitrary: fc.record({ passes: fc.integer({ min: 1, max: 900 }) }) },
);

test("the simulated line admits and hands out what the daemon's queue does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom("padded", "equal", "single"),
      async (steps, batching) => {
        let nowMs = 0;
        const now = (): number => nowMs;
        // Its own timer counts real time, in which nothing here comes to its end.
        const queue = new Queue({ maxTexts: MAX_TEXTS, requestTimeoutMs: 1e6, now, batching: () => batching });
        const line = new WaitingLine({
          maxTexts: MAX_TEXTS,
          requestTimeoutMs: 1e6,
          batchLimits: () => BATCH_LIMITS,
          batching,
          now,
          onExpired: () => undefined,
        });
        const told: [unknown, unknown][] = [];
        const controller = new AbortController();
        for (const one of steps) {
          if (one === "take") {
            told.push([queue.take().map(({ tokens }) => tokens), line.take().map(({ tokens }) => tokens)]);
          } else if ("passes" in one) nowMs += one.passes;
          else {
            const before = queue.waiting;
            queue.submit([{ ids: new Int32Array(one.comes) }], { signal: controller.signal }).catch(() => undefined);
            told.push([queue.waiting > before, line.admit(textOf(one.comes, nowMs))]);
          }
          told.push([queue.oldestMs, line.oldestMs], [queue.waiting, line.waiting]);
        }
        controller.abort();
        for (const [daemons, simulated] of told) expect(simulated).toEqual(daemons);
      },
    ),
    { numRuns: 200 },
  );
});

test("whoever has waited as long as a request may leaves the line, whoever came later stays", () => {
  let nowMs = 0;
  const expired: number[] = [];
  const line = new WaitingLine({
    maxTexts: MAX_TEXTS,
    requestTimeoutMs: TIMEOUT_MS,
    batchLimits: () => BATCH_LIMITS,
    batching: "padded",
    now: () => nowMs,
    onExpired: (texts) => expired.push(...texts.map(({ tokens }) => tokens)),
  });
  line.admit(textOf(5, 0));
  nowMs = 3000;
  line.admit(textOf(7, nowMs));
  nowMs = TIMEOUT_MS;
  line.expire();
  expect([expired, line.waiting, line.oldestMs]).toEqual([[5], 1, 2000]);
});

function textOf(tokens: number, enqueuedAtMs: number): Text {
  return { tokens, enqueuedAtMs, alone: false, rank: -1, asker: { atMs: enqueuedAtMs, user: 0 }, joined: [] };
}
