import { once } from "node:events";
import { createConnection } from "node:net";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";
import type { Line } from "../../record.ts";

const USERS = 1_000_000;
const PATHS = 100_000;
const CONNECTIONS = 4;
/** Requests sent ahead of their replies on each connection. */
const AHEAD = 50;
const MOST_SERIES = 300;
/** Of a status line that a chunk has the start of. */
const LONGEST_CUT = "HTTP/1.1 200".length;

/** PAINS 23: what callers choose never becomes a series. */
export async function* series(say: (progress: string) => void): AsyncGenerator<Line> {
  const redis = await RedisServer.start({ port: 0 });
  const env = { REDIS_URL: redis.unixUrl, LOG_LEVEL: "warn", MAX_USERS_PER_PROCESS: "0", MAX_REQUESTS: "0" };
  const daemon = await PrivateDaemon.start({ env });
  try {
    say("PAINS 23: a million users");
    const ok = await pipeline(daemon.socketPath, USERS, say, (index) => {
      const body = `{"text":"where is my order?","user":"user ${index}"}`;
      return `POST /api/classify/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    });
    yield {
      what: "PAINS 23: calls answered, each another user's",
      measured: ok.get(200) ?? 0,
      target: String(USERS),
      pass: ok.get(200) === USERS,
    };
    const lost = await pipeline(daemon.socketPath, PATHS, say, (index) => {
      return `GET /${index.toString(36)}/${"x".repeat(index % 90)}?q=${index} HTTP/1.1\r\nHost: x\r\n\r\n`;
    });
    yield {
      what: "PAINS 23: random paths refused",
      measured: lost.get(404) ?? 0,
      target: String(PATHS),
      pass: lost.get(404) === PATHS,
    };
    const { text } = await daemon.ask("GET", "/metrics");
    const count = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
    yield {
      what: "PAINS 23: metric series then",
      measured: count,
      target: `under ${MOST_SERIES}`,
      pass: count < MOST_SERIES,
    };
  } finally {
    await daemon.stop();
    await redis.end();
  }
}

/** How many replies had which status. */
async function pipeline(
  path: string,
  total: number,
  say: (progress: string) => void,
  requestOf: (index: number) => string,
): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const client = async (): Promise<void> => {
    const socket = createConnection(path);
    socket.setEncoding("latin1");
    while (next < total) {
      const count = Math.min(AHEAD, total - next);
      socket.write(Array.from({ length: count }, () => requestOf(next++)).join(""));
      let [seen, rest] = [0, ""];
      while (seen < count) {
        const [chunk] = (await once(socket, "data")) as [string];
        // A status line may be cut by the end of a chunk: what may be the start of one waits for the next.
        const text = rest + chunk;
        let end = 0;
        for (const { 0: line, 1: status, index } of text.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
          statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
          seen += 1;
          end = index + line.length;
        }
        rest = text.slice(Math.max(text.length - LONGEST_CUT, end));
      }
      if (next % 50_000 < AHEAD) say(`PAINS 23: ${next} of ${total}`);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return statuses;
}
