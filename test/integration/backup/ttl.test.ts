import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { redisTier } from "../../support/cache-tiers.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { ANSWER_TTL_MS, kitIn, reseal, resultOf } from "./support.ts";

const SOON = { timeout: 15_000, interval: 20 };
const YEAR_MS = 31_536_000_000;

test("a backup that was edited leaves no entry that lives longer than combot would let it", async () => {
  const server = await RedisServer.start();
  onTestFinished(() => server.end());
  const { connection } = await redisTier(server.url);
  const keys = ["combot:ml:abc:1", "combot:product:1", "combot:session:1"];
  for (const key of keys) await connection.client!.commands.set(key, "{}", "PX", 60_000);
  const { backups, journal } = kitIn(temporaryFolder(), connection);
  await expect.poll(() => journal.state.state, SOON).toBe("up");
  const { folder, name } = await resultOf(backups.backup({ sessions: true }));
  const lines = readFileSync(join(folder, "cache.ndjson"), "utf8").trim().split("\n");
  const longer = lines.map((line) => {
    const [key, , value] = JSON.parse(line) as [string, number, string];
    return JSON.stringify([key, YEAR_MS, value]);
  });
  reseal(folder, "cache.ndjson", `${longer.join("\n")}\n`);
  await resultOf(backups.restore({ name, sessions: true }));
  const left = await server.ask((redis) => Promise.all(keys.map((key) => redis.pttl(key))));
  const most = [ANSWER_TTL_MS, 3_600_000, 1_800_000];
  for (const [at, ttlMs] of left.entries()) {
    expect(ttlMs).toBeGreaterThan(60_000);
    expect(ttlMs).toBeLessThanOrEqual(most[at]!);
  }
});
