import { describe, expect, test } from "vitest";
import { Queue } from "../../../src/daemon/queue/queue.ts";
import type { Job, Submission } from "../../../src/daemon/queue/call.ts";

const BATCH = { priority: "batch" } as const;

/** A queue with room for ten texts, and a clock that the test turns. */
function start(maxTexts = 10) {
  const clock = { ms: 0 };
  const queue = new Queue({ maxTexts, requestTimeoutMs: 40_000, now: () => clock.ms });
  /** Texts that know by their first token who asked. */
  const ask = (who: number, count: number, submission: Submission = {}) => {
    const texts = Array.from({ length: count }, () => ({ ids: Int32Array.of(who, 0, 0), truncated: false }));
    const outcome = queue.submit(texts, submission).then(
      () => "answered",
      (error: unknown) => (error as { code: string }).code,
    );
    return outcome;
  };
  const take = (): number[] => {
    const jobs = queue.take();
    answer(queue, jobs);
    return jobs.map(({ ids }) => ids[0]!);
  };
  return { queue, clock, ask, take };
}

function answer(queue: Queue, jobs: readonly Job[]): void {
  for (const job of jobs) queue.answer(job, Float32Array.of(1), { startedAtMs: 0, computeMs: 1, worker: 1 });
}

describe("batch texts", () => {
  test("are taken when no others wait, four at a time", async () => {
    const { queue, ask, take } = start();
    const [batch, other] = [ask(1, 6, BATCH), ask(2, 1)];
    expect([queue.waiting, queue.interactive, queue.batch]).toEqual([7, 1, 6]);
    expect([take(), take(), take(), take()]).toEqual([[2], [1, 1, 1, 1], [1, 1], []]);
    expect([await batch, await other]).toEqual(["answered", "answered"]);
  });

  test("come to their turn once they have aged, after seven batches of others", () => {
    const { clock, ask, take, queue } = start(100);
    for (let count = 0; count < 90; count++) void ask(2, 1);
    void ask(1, 1, BATCH);
    expect(queue.isPressing).toBe(true);
    clock.ms = 10_000;
    const taken = Array.from({ length: 9 }, () => take()[0]);
    expect(taken).toEqual([2, 2, 2, 2, 2, 2, 2, 1, 2]);
  });

  test("press no other model's before they have aged", () => {
    const { clock, ask, queue } = start();
    void ask(1, 1, BATCH);
    expect([queue.isPressing, queue.oldestMs]).toEqual([false, 0]);
    clock.ms = 10_000;
    expect([queue.isPressing, queue.oldestMs]).toEqual([true, 10_000]);
  });

  test("that came back go to the head of their own line", () => {
    const { queue, ask, take } = start();
    void ask(1, 1, BATCH);
    const jobs = queue.take();
    void ask(3, 1, BATCH);
    void ask(2, 1);
    queue.putBack(jobs, "died", "killed");
    expect([take(), take(), take()]).toEqual([[2], [1], [3]]);
  });
});

describe("a full queue", () => {
  test("is left by the newest batch calls, as many as have to; what a worker has is answered", async () => {
    const { queue, ask, take } = start();
    const [first, second, third] = [ask(1, 3, BATCH), ask(1, 4, BATCH), ask(1, 3, BATCH)];
    const jobs = queue.take();
    const interactive = ask(2, 6);
    expect(await third).toBe("QUEUE_FULL");
    expect([queue.interactive, queue.batch, queue.gaveWay]).toEqual([6, 3, 1]);
    answer(queue, jobs);
    expect(take()).toEqual([2, 2, 2, 2, 2, 2]);
    while (take().length > 0);
    expect([await first, await second, await interactive]).toEqual(["answered", "answered", "answered"]);
  });

  test("refuses batch calls, and interactive ones where nobody can leave", async () => {
    const { queue, ask } = start();
    void ask(2, 8);
    void ask(1, 2, BATCH);
    expect(await ask(1, 1, BATCH)).toBe("QUEUE_FULL");
    expect(await ask(2, 3)).toBe("QUEUE_FULL");
    expect([queue.interactive, queue.batch, queue.gaveWay]).toEqual([8, 2, 0]);
    void ask(2, 2);
    expect([queue.interactive, queue.batch, queue.gaveWay]).toEqual([10, 0, 1]);
  });

  test("of texts that are read many times is left by those", async () => {
    const { queue, ask } = start(1000);
    // 16,384 readings may wait together.
    const textOf = (texts: number) => Array.from({ length: texts * 64 }, (_, at) => Math.floor(at / 64));
    const one = ask(1, 200 * 64, { ...BATCH, textOf: textOf(200) });
    void ask(1, 5, BATCH);
    void ask(2, 100 * 64, { textOf: textOf(100) });
    expect(await one).toBe("QUEUE_FULL");
    expect([queue.interactive, queue.batch]).toEqual([16, 5]);
  });
});
