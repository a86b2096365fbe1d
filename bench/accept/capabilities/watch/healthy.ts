import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import type { AlertsReply } from "../../../../src/lib/protocol/alerts.ts";
import type { ClassifyReply } from "../../../../src/lib/protocol/classify.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";
import type { Line } from "../../record.ts";
import { shopTexts } from "../shop-texts.ts";

const ROUNDS = 5;
const ROUND_MS = 2 * 60_000;
const CLIENTS = 20;
const PAUSE_MS = 200;

interface Tally {
  calls: number;
  failed: number;
  refused: number;
  recycles: number;
  readonly alerts: string[];
}

/**
 * Ten minutes of a chatbot's days: texts that mostly come again, some new ones, batches, callers' mistakes, ever new
 * users, recycles at their limits and by hand, four restarts of the daemon and one of Redis. Settings are the defaults,
 * limits of recycling apart.
 */
export async function* healthy(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "ch-"));
  const redis = await RedisServer.start({
    port: 0,
    args: ["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"],
  });
  const env = {
    COMBOT_STATE_DIR: join(folder, "state"),
    REDIS_URL: redis.unixUrl,
    MAX_REQUESTS: "1500",
    MAX_USERS_PER_PROCESS: "300",
    LOG_LEVEL: "info",
  };
  const tally: Tally = { calls: 0, failed: 0, refused: 0, recycles: 0, alerts: [] };
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const daemon = await PrivateDaemon.start({ env });
      say(`healthy: round ${round} of ${ROUNDS}`);
      const work = Array.from({ length: CLIENTS }, (_, client) => clientOf(daemon, round * CLIENTS + client, tally));
      if (round === 3) await restart(redis);
      await daemon.json("POST", "/api/process/recycle/");
      await Promise.all(work);
      await takeStock(daemon, tally);
      await daemon.stop();
    }
  } finally {
    await redis.end();
    rmSync(folder, { recursive: true, force: true });
  }
  const told = `${tally.calls} calls, ${tally.refused} of them wrong, ${tally.recycles} recycles, ${ROUNDS - 1} restarts, one of Redis`;
  yield {
    what: `healthy: alerts in 10 min (${told})`,
    measured: tally.alerts.join(", ") || "none",
    target: "none",
    pass: tally.alerts.length === 0,
  };
  yield { what: "healthy: right calls that failed", measured: tally.failed, target: "0", pass: tally.failed === 0 };
  yield { what: "healthy: recycles", measured: tally.recycles, target: "at least 10", pass: tally.recycles >= 10 };
}

/** Redis is gone for two seconds. */
async function restart(redis: RedisServer): Promise<void> {
  await delay(30_000);
  await redis.kill();
  await delay(2000);
  await redis.run();
}

async function takeStock(daemon: PrivateDaemon, tally: Tally): Promise<void> {
  const { firing, resolved } = await daemon.json<AlertsReply>("GET", "/api/alerts/");
  tally.alerts.push(...[...firing, ...resolved].map(({ alert, measured }) => `${alert} (${measured})`));
  tally.recycles += (await daemon.json<ProcessStatus>("GET", "/api/process/status/")).recycles.total;
}

async function clientOf({ socketPath }: PrivateDaemon, seed: number, tally: Tally): Promise<void> {
  const agent = keepAliveAgent(1);
  const known = shopTexts().slice(0, 400);
  const until = performance.now() + ROUND_MS;
  for (let turn = seed * 1009; performance.now() < until; turn += 7) {
    const { body, isWrong } = bodyOf(turn, known);
    const reply = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent });
    tally.calls += 1;
    if (isWrong) tally.refused += Number(reply.status === 400);
    else if (reply.status !== 200 || (JSON.parse(reply.text) as ClassifyReply).results.length === 0) tally.failed += 1;
    await delay(PAUSE_MS);
  }
  agent.destroy();
}

/** One in twenty is a mistake of the caller's, one in twelve a new text, one in eleven a batch. */
function bodyOf(turn: number, known: readonly string[]): { readonly body: unknown; readonly isWrong: boolean } {
  const user = `user ${turn % 5000}`;
  const text = (offset: number): string => known[(turn * turn + offset) % known.length] ?? "hello";
  if (turn % 20 === 0) return { body: { text: " ", user }, isWrong: true };
  if (turn % 12 === 0) return { body: { text: `${text(0)} ${turn}`, user }, isWrong: false };
  if (turn % 11 === 0) return { body: { texts: [text(1), text(2), text(3), text(4)], user }, isWrong: false };
  return { body: { text: text(0), user }, isWrong: false };
}
