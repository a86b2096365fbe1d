import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { JointAdmission, RefusedElsewhere } from "../../../src/lib/joint-admission.ts";
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

describe("a call that goes to two queues", () => {
  const submitted = (first: Queue, second: Queue, counts: readonly [number, number]) => {
    const joint = new JointAdmission(2);
    const calls = [first, second].map((queue, at) => queue.submit(texts(counts[at]!), { place: joint.place() }));
    return Promise.allSettled(calls);
  };

  test("is in both, in one turn, or in neither", async () => {
    const [one, other] = [queueOf(), queueOf()];
    const works: [number, number][] = [];
    for (const queue of [one, other]) queue.onWork(() => works.push([one.waiting, other.waiting]));
    void submitted(one, other, [4, 6]);
    await Promise.resolve();
    // The first is told while the second is about to enter: nobody can come between.
    expect(works).toEqual([
      [4, 0],
      [4, 6],
    ]);
    const refused = await submitted(one, other, [4, 6]);
    expect([one.waiting, other.waiting]).toEqual([4, 6]);
    expect(refused).toMatchObject([
      { reason: expect.any(RefusedElsewhere) as RefusedElsewhere },
      { reason: { code: "QUEUE_FULL" } },
    ]);
  });

  test("has one deadline in both", async () => {
    const [one, other] = [queueOf({ requestTimeoutMs: 20 }), queueOf({ requestTimeoutMs: 20 })];
    const late = await submitted(one, other, [1, 1]);
    const reason = { code: "DEADLINE_EXCEEDED" };
    expect(late).toMatchObject([{ reason }, { reason }]);
    expect([one.waiting, other.waiting]).toEqual([0, 0]);
  });
});

describe("texts that are read more than once", () => {
  /** So many texts, each with so many hypotheses. */
  const repeated = (count: number, times: number) => ({
    inputs: texts(count * times),
    textOf: Array.from({ length: count * times }, (_, at) => Math.floor(at / times)),
  });

  test("count once, until the last of their hypotheses is taken", async () => {
    const queue = queueOf();
    const { inputs, textOf } = repeated(8, 64);
    const reply = queue.submit(inputs, { textOf });
    await expect(queue.submit(texts(3))).rejects.toMatchObject({ code: "QUEUE_FULL" });
    const small = queue.submit(texts(2));
    for (let taken = 0; taken < 512 + 2;) {
      const batch = queue.take();
      taken += batch.length;
      if (taken < 512) await expect(queue.submit(texts(9))).rejects.toMatchObject({ code: "QUEUE_FULL" });
      answerAll(queue, batch);
    }
    expect((await reply).rows.map((row) => row[0])).toEqual([...inputs.keys()]);
    await small;
    void queue.submit(texts(10));
    await expect(queue.submit(texts(1))).rejects.toMatchObject({ code: "QUEUE_FULL" });
  });

  test("a text that comes after a thousand of them is behind some of them alone", async () => {
    const queue = queueOf({ maxTexts: 1000 });
    const { inputs, textOf } = repeated(16, 64);
    void queue.submit(inputs, { textOf });
    void queue.submit(texts(1, 200));
    let before = 0;
    for (let batch = queue.take(); !batch.some(({ tokens }) => tokens === 200); batch = queue.take())
      before += batch.length;
    expect(before).toBeLessThanOrEqual(16);
  });

  test("all that wait of them are bounded too, and all of it goes with the call", async () => {
    const queue = queueOf({ maxTexts: 1000 });
    const { inputs, textOf } = repeated(16, 64);
    const client = new AbortController();
    const calls = Array.from({ length: 16 }, () => queue.submit(inputs, { textOf, signal: client.signal }));
    await expect(queue.submit(inputs, { textOf })).rejects.toMatchObject({
      code: "QUEUE_FULL",
      message: "16384 of 16384 texts × labels wait, 1024 more don't fit",
    });
    queue.take();
    client.abort();
    await Promise.allSettled(calls);
    expect(queue.waiting).toBe(0);
    void queue.submit(texts(1000));
    await expect(queue.submit(texts(1))).rejects.toMatchObject({ code: "QUEUE_FULL" });
  });

  test("are named by the text when one of them fails", async () => {
    const queue = queueOf();
    const { inputs, textOf } = repeated(2, 3);
    const reply = queue.submit(inputs, { textOf });
    const failing = queue.take().find(({ index }) => index === 4);
    queue.putBack([failing!], "failed", "no");
    expect(queue.take()).toEqual([failing]);
    queue.putBack([failing!], "failed", "bad");
    await expect(reply).rejects.toMatchObject({ code: "INFERENCE_FAILED", index: 1, message: "text 1: bad" });
  });

  test("rows are taken as they come, and what is thrown over one is its text's failure", async () => {
    const queue = queueOf();
    const seen: number[] = [];
    const { inputs, textOf } = repeated(2, 3);
    const reply = queue.submit(inputs, { textOf, onRow: (index) => void seen.push(index) });
    answerAll(queue, queue.take().toReversed());
    expect((await reply).rows).toEqual([]);
    expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    const onRow = (index: number): void => {
      if (index === 5) throw new CombotError("INFERENCE_FAILED", "no number");
    };
    const failing = queue.submit(inputs, { textOf, onRow });
    answerAll(queue, queue.take());
    await expect(failing).rejects.toMatchObject({ code: "INFERENCE_FAILED", index: 1, message: "text 1: no number" });
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
    await expect(reply).rejects.toMatchObject({ code: "CLIENT_GONE" });
    await expect(queue.submit(texts(3), { signal: client.signal })).rejects.toMatchObject({ code: "CLIENT_GONE" });
    expect(queue.waiting).toBe(0);
  });
});

test("whatever happens to its batches, every call settles exactly once and nothing is left", async () => {
  const step = fc.record({
    fate: fc.constantFrom("answer", "died", "killed", "failed", "untouched", "abort"),
    texts: fc.integer({ min: 1, max: 6 }),
    times: fc.constantFrom(1, 1, 40),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const queue = queueOf({ maxTexts: 1000 });
      const settled: Promise<unknown>[] = [];
      for (const { fate, texts: count, times } of steps) {
        const client = new AbortController();
        const textOf = Array.from({ length: count * times }, (_, at) => Math.floor(at / times));
        const reply = queue.submit(texts(count * times), { signal: client.signal, textOf });
        settled.push(reply.catch((error: unknown) => error));
        const batch = queue.take();
        if (fate === "abort") client.abort();
        if (fate === "answer" || fate === "abort") answerAll(queue, batch);
        else queue.putBack(batch, fate, "detail");
      }
      for (let batch = queue.take(); batch.length > 0; batch = queue.take()) answerAll(queue, batch);
      expect(await Promise.all(settled)).toHaveLength(steps.length);
      // Nothing is left, and nothing is thought to be.
      const all = queue.submit(texts(1000)).catch((error: unknown) => error);
      const isEmpty = queue.waiting === 1000;
      for (let batch = queue.take(); batch.length > 0; batch = queue.take()) answerAll(queue, batch);
      return isEmpty && "rows" in ((await all) as object);
    }),
    { numRuns: 200 },
  );
});
