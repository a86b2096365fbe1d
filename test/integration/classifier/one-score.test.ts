import { expect, test } from "vitest";
import { untilUp } from "../../support/cache-tiers.ts";
import { ask, startCore } from "../../support/core.ts";
import { writeNliModel } from "../../support/nli-model.ts";
import { Oracle } from "../../support/oracle.ts";
import { redisForFile } from "../../support/redis-for-file.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const redis = redisForFile();
const PAIRS = [
  ["where is my order?", "my card is here"],
  ["is it my card?", "where"],
  ["order", "my order is my card"],
] as const;

test.each([
  ["a reranker's score is a sigmoid", {}, (logit: number) => 1 / (1 + Math.exp(-logit))],
  ["a regression's is the number as it is", { problem_type: "regression" }, (logit: number) => logit],
] as const)("%s, computed, from memory and from Redis", async (_name, config, scoreOf) => {
  const dir = writeNliModel(temporaryFolder(), ["fits"], { config });
  const oracle = await Oracle.open(dir, 64);
  const start = async () => {
    const core = await startCore(dir, { WORKERS: "1", REDIS_URL: redis.server.url });
    await untilUp(core.caching.redis!.connection);
    return core;
  };
  const texts = PAIRS.map(([text, textPair]) => ({ text, textPair }));
  const [core, other] = [await start(), await start()];
  // Not what a connection has tried to write, which is gone in a millisecond.
  const entries = async (): Promise<number> =>
    (await redis.server.ask((client) => client.keys("combot:ml:*:*"))).length;
  const before = await entries();
  const { results } = await ask(core, { texts });
  for (const [at, [text, pair]] of PAIRS.entries()) {
    const [logit] = await oracle.logits(text, pair);
    expect(results[at]).toMatchObject({ label: "fits", cached: false });
    expect(Math.abs(results[at]!.score - scoreOf(logit!))).toBeLessThan(1e-4);
  }
  expect((await ask(core, { texts })).results).toEqual(results.map((result) => ({ ...result, cached: "memory" })));
  await expect.poll(entries).toBe(before + PAIRS.length);
  expect((await ask(other, { texts })).results).toEqual(results.map((result) => ({ ...result, cached: "redis" })));
});
