import { describe, expect, test } from "vitest";
import { FATAL_WORD, writeOddModel } from "../../support/odd-models.ts";
import { classify, startCore, workerPids } from "../../support/core.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const words = ["alpha", "beta", "gamma", "delta"];
const someTexts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${words[i % 4]} ${words[(i >> 2) % 4]} ${words[(i >> 4) % 4]}`);

describe("a worker that is killed", () => {
  test("its texts are answered by another, the same as without", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { slowRounds: 60 }));
    core.pool.load();
    await core.pool.whenReady();
    const texts = someTexts(16);
    const calm = await classify(core, texts);
    const answer = classify(core, texts);
    const busy = (): number => core.pool.slots.filter((slot) => slot.current?.state === "busy").length;
    await expect.poll(busy, { interval: 1 }).toBe(2);
    for (const pid of workerPids(core)) process.kill(pid, "SIGKILL");
    expect((await answer).results).toEqual(calm.results);
    expect((await core.metrics.recycles()).byReason.crash).toBe(2);
  });

  test("what it was given for later is run as if nothing had been, and not text by text", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { slowRounds: 60 }), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const answer = classify(core, someTexts(24));
    await expect.poll(() => core.pool.slots[0]?.current?.batches, { interval: 1 }).toBe(2);
    for (const pid of workerPids(core)) process.kill(pid, "SIGKILL");
    expect((await answer).results).toHaveLength(24);
    // Of the three batches of eight the first is run again by single texts.
    expect((await core.metrics.report()).batches.count).toBe(8 + 2);
  });

  test("its place is taken by a new one, also where it was idle", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()));
    core.pool.load();
    await core.pool.whenReady();
    const before = workerPids(core);
    for (const pid of before) process.kill(pid, "SIGKILL");
    await expect
      .poll(() => core.pool.serving === 2 && !workerPids(core).some((pid) => before.includes(pid)), { timeout: 10_000 })
      .toBe(true);
  });
});

describe("a worker that is frozen", () => {
  test("is killed and replaced, and its texts are answered", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1", REQUEST_TIMEOUT: "6" });
    core.pool.load();
    await core.pool.whenReady();
    const [frozen] = workerPids(core);
    process.kill(frozen!, "SIGSTOP");
    const reply = await classify(core, someTexts(3));
    expect(reply.results).toHaveLength(3);
    expect(workerPids(core)).not.toContain(frozen);
    expect((await core.metrics.recycles()).byReason.hung).toBe(1);
  });
});

describe("a worker that is unloaded", () => {
  test("answers both batches that it has first", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { slowRounds: 60 }), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const [before] = workerPids(core);
    let answered = 0;
    const answers = someTexts(24).map((text) => classify(core, [text]).then(() => (answered += 1)));
    await expect.poll(() => core.pool.slots[0]?.current?.batches, { interval: 1 }).toBe(2);
    const { count } = (await core.metrics.report()).batches;
    await core.pool.unload();
    expect((await core.metrics.report()).batches.count).toBe(count + 2);
    expect(answered).toBeGreaterThan(8);
    await Promise.all(answers);
    expect(workerPids(core)).not.toContain(before);
  });
});

describe("a text that ends its worker every time", () => {
  test("is refused as poison by its index; its batch mates are answered and nothing is held", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { fatal: true }));
    core.pool.load();
    await core.pool.whenReady();
    const mates = someTexts(14).map((text) => classify(core, [text]));
    await expect(classify(core, ["alpha", `beta ${FATAL_WORD}`, "gamma"])).rejects.toMatchObject({
      code: "POISON_TEXT",
      index: 1,
    });
    const replies = await Promise.all(mates);
    expect(replies.every(({ results }) => results.length === 1)).toBe(true);
    expect(core.pool.held).toBeUndefined();
    await expect.poll(() => core.pool.serving, { timeout: 10_000 }).toBe(2);
  });

  test("is found as well where its batch was the next one of its worker", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { fatal: true }), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const mates = someTexts(23).map((text) => classify(core, [text]));
    const poison = classify(core, [`alpha beta ${FATAL_WORD}`]);
    await expect(poison).rejects.toMatchObject({ code: "POISON_TEXT", index: 0 });
    await expect(Promise.all(mates)).resolves.toHaveLength(23);
    expect(core.pool.held).toBeUndefined();
  });

  test("many of them in a row don't hold the pool", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { fatal: true }));
    core.pool.load();
    await core.pool.whenReady();
    for (let i = 0; i < 8; i++)
      await expect(classify(core, [FATAL_WORD])).rejects.toMatchObject({ code: "POISON_TEXT" });
    await expect(classify(core, ["alpha"])).resolves.toMatchObject({ results: [{ cached: false }] });
    expect(core.pool.held).toBeUndefined();
  });
});
