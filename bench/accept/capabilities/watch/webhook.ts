import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { rssBytes } from "../../../../scripts/support/process-tree.ts";
import type { Alert, AlertsReply } from "../../../../src/lib/protocol/alerts.ts";
import { accept, startReceiver } from "../../../../test/support/alerts/receiver.ts";
import { freePort } from "../../../../scripts/support/free-port.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

const MIB = 1024 * 1024;
const TURNS = 10;
const LIMIT_MS = 150_000;
const MOST_GROWTH_MIB = 16;

type Answer = (response: ServerResponse) => void;

/** What a receiver does until it is mended; `down` listens to nobody. */
const FAULTS: Readonly<Record<string, Answer | "down">> = {
  down: "down",
  slow: () => undefined,
  redirecting: (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  "answering 500": (response) => void response.writeHead(500).end(),
};

interface Outcome {
  readonly fault: string;
  readonly told: string;
  /** That the daemon knows of. */
  readonly alerts: number;
  readonly dropped: number;
  readonly failed: number;
  readonly growthMiB: number;
}

/** Alerts come and go while nobody takes them, calls are answered meanwhile; then the receiver is mended. */
export async function* webhook(say: (progress: string) => void): AsyncGenerator<Line> {
  const outcomes = await Promise.all(Object.entries(FAULTS).map(([fault, answer]) => suffer(fault, answer, say)));
  for (const { fault, told, alerts, dropped, failed, growthMiB } of outcomes) {
    const wanted = Array.from({ length: alerts }, (_, index) => (index % 2 === 0 ? "firing" : "resolved")).join(" ");
    const count = told.split(" ").length;
    yield {
      what: `webhook ${fault}: alerts told when it was mended, in their order, of ${alerts}`,
      measured: told === wanted ? count : told,
      target: `${alerts}, at least ${2 * TURNS}`,
      pass: told === wanted && dropped === 0 && alerts >= 2 * TURNS,
    };
    yield { what: `webhook ${fault}: calls that failed meanwhile`, measured: failed, target: "0", pass: failed === 0 };
    yield {
      what: `webhook ${fault}: the daemon's RSS after the alerts above that before, MiB`,
      measured: growthMiB,
      target: `at most ${MOST_GROWTH_MIB}`,
      pass: growthMiB <= MOST_GROWTH_MIB,
    };
  }
}

async function suffer(fault: string, answer: Answer | "down", say: (progress: string) => void): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "cy-"));
  const redis = await RedisServer.start({ port: 0 });
  const port = await freePort();
  let mended = false;
  const taken: Alert[] = [];
  const receive = async (): Promise<{ readonly close: () => void }> => {
    const receiver = await startReceiver((response, count) => {
      if (!mended && answer !== "down") return answer(response);
      taken.push(...groupOf(receiver.bodies[count - 1]));
      accept(response);
    }, port);
    return receiver;
  };
  const urlFile = join(folder, "webhook");
  writeFileSync(urlFile, `http://127.0.0.1:${port}/hook`);
  chmodSync(urlFile, 0o600);
  const env = {
    REDIS_URL: redis.unixUrl,
    WORKERS: "1",
    ALERT_AFTER: "0",
    ALERT_WEBHOOK_URL_FILE: urlFile,
    LOG_LEVEL: "error",
  };
  let receiver = answer === "down" ? undefined : await receive();
  const daemon = await PrivateDaemon.start({ env: { ...env, ALERT_DISK_FREE: "0.000001" } });
  try {
    let over = false;
    const load = { socketPath: daemon.socketPath, clients: 2, texts: shopTexts(), pauseMs: 50 };
    const calls = runClients({ ...load, isOver: () => over });
    await delay(5000);
    const before = rssBytes(daemon.pid);
    for (let turn = 0; turn < TURNS; turn++) await turnRedis(daemon, redis);
    const after = rssBytes(daemon.pid);
    const { resolved } = await daemon.json<AlertsReply>("GET", "/api/alerts/");
    const alerts = 2 * resolved.length;
    say(`webhook ${fault}: ${alerts} alerts`);
    mended = true;
    receiver ??= await receive();
    for (const until = performance.now() + LIMIT_MS; performance.now() < until && taken.length < alerts;)
      await delay(200);
    over = true;
    const { sent, ok } = await calls;
    const { webhook: state } = await daemon.json<AlertsReply>("GET", "/api/alerts/");
    const told = taken.map(({ state }) => state).join(" ");
    const growthMiB = round((after - before) / MIB, 1);
    return { fault, told, alerts, dropped: state?.dropped ?? NaN, failed: sent - ok, growthMiB };
  } finally {
    await daemon.stop();
    receiver?.close();
    await redis.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In the order in which they happened; a post has the gravest first. */
function groupOf(body: unknown): readonly Alert[] {
  const { others = [], ...first } = body as Alert & { readonly others?: readonly Alert[] };
  return [first, ...others].toSorted((a, b) => a.at.localeCompare(b.at));
}

async function turnRedis(daemon: PrivateDaemon, redis: RedisServer): Promise<void> {
  const firing = async (): Promise<number> => (await daemon.json<AlertsReply>("GET", "/api/alerts/")).firing.length;
  await redis.kill();
  while ((await firing()) === 0) await delay(50);
  await redis.run();
  while ((await firing()) > 0) await delay(50);
}
