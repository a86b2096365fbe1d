import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { Queue } from "../../../src/daemon/queue/queue.ts";
import type { Job } from "../../../src/daemon/queue/call.ts";
import type { QueueOptions } from "../../../src/daemon/queue/queue.ts";
import type { EncodedText } from "../../../src/daemon/text/encoder.ts";

const texts = (count: number, tokens = 5): EncodedText[] =>
  Array.from({ length: count }, (_, i) => ({
    ids: new Int32Array(tokens).fill(i),
    types: undefined,
    truncated: false,
  }));

const queueOf = (over: Partial<QueueOptions> = {}): Queue =>
  new Queue({ maxTexts: 10, requestTimeoutMs: 60_000, now: () => performance.now(), ...over });

const answerAll = (queue: Queue, jobs: readonly Job[]): void => {
  for (const job of jobs) queue.answer(job, Float32Array.of(job.index), { startedAtMs: 0, computeMs: 1, worker: 1 });
};

describe("admission", () => {
  test("a call is admitted whole or not at all", async () => {
    const queue = queueOf();
    void queue.submit(texts(8));
    await expect(queue.submit(texts(3))).rejects.toMatchObject({ code: "QUEUE_FULL", retryAfterSeconds: 1 });
    expect(queue.waiting).toBe(8);
    void queue.submit(texts(2));
    expect(queue.waiting).toBe(10);
  });

  test("a call that can never fit is told so rather than to try again", async () => {
    await expect(queueOf().submit(texts(11))).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("nothing is admitted while it refuses, and what was admitted is still served", async () => {
    const queue = queueOf();
    const admitted = queue.submit(texts(1));
    queue.refuse(new CombotError("SHUTTING_DOWN", "the daemon is stopping"));
    await expect(queue.submit(texts(1))).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
    answerAll(queue, queue.take());
    await expect(admitted).resolves.toMatchObject({ rows: [Float32Array.of(0)] });
    queue.refuse(undefined);
    void queue.submit(texts(1));
    expect(queue.waiting).toBe(1);
  });
});

describe("settling", () => {
  test("rows come in the order of the texts, whatever the order of the answers", async () => {
    const queue = queueOf();
    const reply = queue.submit(texts(5));
    answerAll(queue, queue.take().toReversed());
    expect((await reply).rows.map((row) => row[0])).toEqual([0, 1, 2, 3, 4]);
  });

  test("one text that fails fails its call, and what waits of it leaves the queue", async () => {
    const queue = queueOf({ batchLimits: () => ({ maxTexts: 2, maxPaddedTokens: 100, maxAgeMs: 1000 }) });
    const reply = queue.submit(texts(5));
    const [first, second] = queue.take();
    queue.putBack([first!], "failed", "no");
    expect(queue.take()).toEqual([first]);
    queue.putBack([first!], "failed", "bad index");
    await expect(reply).rejects.toMatchObject({ code: "INFERENCE_FAILED", index: 0, message: "text 0: bad index" });
    expect(queue.waiting).toBe(0);
    answerAll(queue, [second!]);
  });

  test("texts of a dead worker go to the head, each alone; a second death alone is poison, once", async () => {
    const queue = queueOf();
    const poisoned = queue.submit(texts(1));
    const mate = queue.submit(texts(1));
    const late = queue.submit(texts(1));
    const batch = queue.take();
    expect(queue.putBack(batch.slice(0, 2), "died", "signal")).toEqual([]);
    const alone = queue.take();
    expect(alone).toEqual([batch[0]]);
    expect(queue.putBack(alone, "died", "signal")).toEqual(alone);
    await expect(poisoned).rejects.toMatchObject({ code: "POISON_TEXT", index: 0 });
    answerAll(queue, queue.take());
    answerAll(queue, batch.slice(2));
    await expect(Promise.all([mate, late])).resolves.toHaveLength(2);
  });
});

test("texts that no worker looked at go to the head as they were, together", async () => {
  const queue = queueOf();
  const first = queue.submit(texts(3));
  const batch = queue.take();
  const late = queue.submit(texts(1));
  expect(queue.putBack(batch, "untouched", "signal")).toEqual([]);
  const again = queue.take();
  expect(again.slice(0, 3)).toEqual(batch);
  expect(again.some(({ alone }) => alone)).toBe(false);
  answerAll(queue, again);
  await expect(Promise.all([first, late])).resolves.toHaveLength(2);
});

describe("leaving the queue", () => {
  test("a call past its time is refused and its texts are gone", async () => {
    vi.useFakeTimers();
    try {
      const queue = queueOf({ requestTimeoutMs: 30_000 });
      const reply = queue.submit(texts(2));
      const outcome = reply.catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await outcome).toMatchObject({ code: "DEADLINE_EXCEEDED" });
      expect(queue.waiting).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a client that hangs up takes its texts along, before or after it was admitted", async () => {
    const queue = queueOf();
    const client = new AbortController();
    const reply = queue.submit(texts(3), { signal: client.signal });
    client.abort();
    await expect(reply).rejects.toThrow("the client has gone");
    await expect(queue.submit(texts(3), { signal: client.signal })).rejects.toThrow("the client has gone");
    expect(queue.waiting).toBe(0);
  });
});

test("whatever happens to its batches, every call settles exactly once and nothing is left", async () => {
  const step = fc.record({
    fate: fc.constantFrom("answer", "died", "killed", "failed", "untouched", "abort"),
    texts: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const queue = queueOf({ maxTexts: 1000 });
      const settled: Promise<unknown>[] = [];
      for (const { fate, texts: count } of steps) {
        const client = new AbortController();
        settled.push(queue.submit(texts(count), { signal: client.signal }).catch((error: unknown) => error));
        const batch = queue.take();
        if (fate === "abort") client.abort();
        if (fate === "answer" || fate === "abort") answerAll(queue, batch);
        else queue.putBack(batch, fate, "detail");
      }
      for (let batch = queue.take(); batch.length > 0; batch = queue.take()) answerAll(queue, batch);
      expect(await Promise.all(settled)).toHaveLength(steps.length);
      return queue.waiting === 0;
    }),
    { numRuns: 200 },
  );
});
