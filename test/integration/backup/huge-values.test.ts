import { expect, onTestFinished, test } from "vitest";
import { redisTier } from "../../support/cache-tiers.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { kitIn, resultOf } from "./support.ts";

const SOON = { timeout: 15_000, interval: 20 };
const MIB = 1024 * 1024;

test("of values larger than combot keeps no more is read than that; they are left out, and counted", async () => {
  const server = await RedisServer.start();
  onTestFinished(() => server.end());
  const { connection } = await redisTier(server.url);
  const largest = Buffer.alloc(256 * 1024, "x");
  await server.ask(async (redis) => {
    for (let index = 0; index < 4; index++) await redis.set(`combot:product:fits${index}`, largest, "EX", 60);
    for (let index = 0; index < 8; index++) {
      await redis.setrange(`combot:product:huge${index}`, 32 * MIB, "x");
      await redis.expire(`combot:product:huge${index}`, 60);
    }
    await redis.config("RESETSTAT");
  });
  const { backups, journal } = kitIn(temporaryFolder(), connection);
  await expect.poll(() => journal.state.state, SOON).toBe("up");
  const { cache, cacheNote, name } = await resultOf(backups.backup({}));
  expect(cache).toMatchObject({ products: 4 });
  expect(cacheNote).toBe("8 values larger than combot keeps are not in it");
  const [, sent] = /total_net_output_bytes:(\d+)/.exec(await server.ask((redis) => redis.info("stats")))!;
  // Twelve heads of 256 KiB; the values have 257 MiB.
  expect(Number(sent)).toBeLessThan(4 * MIB);
  await server.ask((redis) => redis.flushall());
  const restored = await resultOf(backups.restore({ name }));
  expect(restored.cache).toMatchObject({ products: 4 });
  expect((await server.ask((redis) => redis.getBuffer("combot:product:fits3")))?.equals(largest)).toBe(true);
});
