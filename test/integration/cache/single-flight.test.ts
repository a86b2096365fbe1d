import { describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { JointAdmission } from "../../../src/lib/joint-admission.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import { ask, startCore } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { FATAL_WORD, writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

async function startReady(odd: Parameters<typeof writeOddModel>[1], env: Record<string, string> = {}): Promise<Core> {
  const core = await startCore(writeOddModel(temporaryFolder(), odd), env);
  core.pool.load();
  await core.pool.whenReady();
  return core;
}

/** Texts that workers were given. */
async function computed(core: Core): Promise<number> {
  const page = (await core.metrics.prometheus()).body;
  return Number(/^combot_batch_texts_sum (\d+)$/mu.exec(page)?.[1] ?? 0);
}

const firstOf = ({ results }: ClassifyReply) => results[0]!;

describe("500 equal misses at once", () => {
  test("are one inference; one is computed, the others say that they joined it", async () => {
    const core = await startReady({ slowRounds: 10 });
    const replies = await Promise.all(Array.from({ length: 500 }, () => ask(core, { text: "alpha beta" })));
    expect(await computed(core)).toBe(1);
    expect(new Set(replies.map((reply) => `${firstOf(reply).label} ${firstOf(reply).score}`)).size).toBe(1);
    expect(replies.filter((reply) => firstOf(reply).coalesced === undefined)).toHaveLength(1);
    expect(replies.every((reply) => firstOf(reply).cached === false)).toBe(true);
    expect(core.caching.answers.coalesced).toBe(499);
    expect(firstOf(await ask(core, { text: " alpha\tbeta" }))).toMatchObject({ cached: "memory" });
  });

  test("in one call as well as in many", async () => {
    const core = await startReady({});
    const { results } = await ask(core, { texts: ["alpha", "beta", "alpha", "alpha "] });
    expect(results.map(({ coalesced }) => coalesced)).toEqual([undefined, undefined, true, true]);
    expect(await computed(core)).toBe(2);
  });

  test("where it fails there is one try, everybody is told, and nothing is kept", async () => {
    const core = await startReady({ fatal: true });
    const text = `alpha ${FATAL_WORD}`;
    const replies = await Promise.allSettled(Array.from({ length: 500 }, () => ask(core, { text })));
    const reasons = replies.map((reply) =>
      reply.status === "rejected" ? (reply.reason as Error).message : "answered",
    );
    expect(new Set(reasons)).toEqual(new Set(["text 0 ended the worker that ran it by itself"]));
    // In company first and alone then, which is what one text is given: the worker it ended in company proves nothing.
    expect((await core.metrics.recycles()).byReason.crash).toBeLessThanOrEqual(3);
    await expect(ask(core, { text })).rejects.toMatchObject({ code: "POISON_TEXT" });
  });

  test("a text in another's failing call is answered, and the failure named by each call's own index", async () => {
    const core = await startReady({ fatal: true }, { WORKERS: "1" });
    const bad = `beta ${FATAL_WORD}`;
    const failing = ask(core, { texts: ["alpha", bad] });
    const good = ask(core, { text: "alpha" });
    const alsoFailing = ask(core, { texts: [bad, "gamma"] });
    await expect(failing).rejects.toMatchObject({ code: "POISON_TEXT", index: 1 });
    await expect(alsoFailing).rejects.toMatchObject({ code: "POISON_TEXT", index: 0, message: /^text 0 / });
    await expect(good).resolves.toMatchObject({ results: [{ cached: false }] });
  });

  test("what another model of the same call is refused for keeps it from nobody who asks this one alone", async () => {
    const core = await startReady({});
    const joint = new JointAdmission(2);
    const over = new AbortController();
    const request = { texts: ["alpha", "beta"] };
    const part = core.models.classify(request, () => over.signal, undefined, joint.place());
    const alone = ask(core, { text: "alpha" });
    const left = part.catch((error: unknown) => error);
    joint.refuse(new CombotError("QUEUE_FULL", "another model's queue is full"));
    // Its caller is told of the other one and gone; that text alone which somebody else waits for is read.
    over.abort();
    await expect(alone).resolves.toMatchObject({ results: [{ cached: false }] });
    expect(await left).toMatchObject({ code: "CLIENT_GONE" });
    expect(await computed(core)).toBe(1);
  });

  test("a client that hangs up doesn't cancel it for the others", async () => {
    const core = await startReady({ slowRounds: 100 }, { WORKERS: "1" });
    const hangUp = new AbortController();
    const blocking = ask(core, { text: "delta", noCache: true });
    const leaver = core.models.classify({ text: "alpha" }, () => hangUp.signal);
    const stayer = ask(core, { text: "alpha" });
    hangUp.abort();
    await expect(leaver).rejects.toMatchObject({ code: "CLIENT_GONE" });
    await expect(stayer).resolves.toMatchObject({ results: [{ coalesced: true }] });
    await blocking;
    expect(await computed(core)).toBe(2);
  });

  test("where all hang up, the text leaves the queue", async () => {
    const core = await startReady({ slowRounds: 100 }, { WORKERS: "1" });
    const hangUp = new AbortController();
    const blocking = ask(core, { text: "delta", noCache: true });
    const leavers = [1, 2].map(() => core.models.classify({ text: "alpha" }, () => hangUp.signal));
    await expect.poll(() => core.models.current.queue.waiting, { interval: 1 }).toBe(1);
    hangUp.abort();
    await Promise.allSettled(leavers);
    expect(core.models.current.queue.waiting).toBe(0);
    await blocking;
    expect(await computed(core)).toBe(1);
  });

  test("noCache is computed for itself, and kept nowhere", async () => {
    const core = await startReady({});
    const replies = await Promise.all([1, 2].map(() => ask(core, { text: "alpha", noCache: true })));
    expect(replies.map((reply) => firstOf(reply).coalesced)).toEqual([undefined, undefined]);
    expect(await computed(core)).toBe(2);
    expect(core.caching.answers.memory.entries).toBe(0);
  });
});
