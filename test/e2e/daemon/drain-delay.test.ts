import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../scripts/support/free-port.ts";
import { LISTEN_TOKEN, startListening } from "../../support/listening-daemon.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const CLIENTS = 20;
const DRAIN_DELAY_SECONDS = 4;

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(port: number, path: string): Promise<Answer> {
  return call(new Agent(), port, path, {});
}

function call(agent: Agent, port: number, path: string, headers: Record<string, string>, body?: string) {
  const method = body === undefined ? "GET" : "POST";
  return new Promise<Answer>((resolve, reject) => {
    request({ agent, port, host: "127.0.0.1", path, method, headers }, (reply) => {
      readAll(reply).then((text) => resolve({ status: reply.statusCode ?? 0, body: text }), reject);
    })
      .on("error", reject)
      .end(body);
  });
}

/**
 * A balancer that finds out by its checks alone, 2 s after the fact: nothing is sent twice. It asks for the probe by
 * address and names no Host, as HAProxy does where it isn't told one.
 */
async function startBalancer(folder: string, port: number, backends: readonly number[]): Promise<void> {
  const file = join(folder, "haproxy.cfg");
  const servers = backends.map((backend) => `  server s${backend} 127.0.0.1:${backend} check inter 1s fall 2 rise 1`);
  const lines = [
    "defaults",
    "  mode http",
    "  timeout connect 1s",
    "  timeout client 30s",
    "  timeout server 30s",
    "  retries 0",
    `frontend f`,
    `  bind 127.0.0.1:${port}`,
    "  default_backend b",
    "backend b",
    "  balance roundrobin",
    "  option httpchk",
    "  http-check send meth GET uri /readyz ver HTTP/1.1",
    ...servers,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const child = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore" });
  onTestFinished(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  });
  const isUp = (): Promise<boolean> =>
    get(port, "/readyz").then(
      ({ status }) => status === 200,
      () => false,
    );
  await expect.poll(isUp, { timeout: 10_000 }).toBe(true);
}

test(
  "a pod's end: ready says stopping at once, live goes on, calls are answered, and a balancer that takes 2 s to notice loses none",
  { timeout: 60_000 },
  async () => {
    const folder = temporaryFolder();
    const env = { WORKERS: "1", DATABASE_URL: "off", DRAIN_DELAY: String(DRAIN_DELAY_SECONDS) };
    const [first, second] = await Promise.all([startListening(folder, { env }), startListening(folder, { env })]);
    onTestFinished(async () => void (await Promise.all([first.daemon.stop(), second.daemon.stop("SIGKILL")])));
    const port = await freePort();
    await startBalancer(folder, port, [first.port, second.port]);
    expect((await get(first.port, "/startupz")).status).toBe(200);

    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    onTestFinished(() => agent.destroy());
    const headers = { authorization: `Bearer ${LISTEN_TOKEN}`, host: "bot.example.com" };
    const outcomes = new Map<string, number>();
    let isOver = false;
    const client = async (number: number): Promise<void> => {
      for (let sent = 0; !isOver; sent++) {
        const body = JSON.stringify({ text: `where is parcel ${(number + sent) % 50}` });
        const all = { ...headers, "content-type": "application/json" };
        const outcome = await call(agent, port, "/api/classify/", all, body).then(
          ({ status }) => String(status),
          (error: Error) => error.message,
        );
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        await delay(5);
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, number) => client(number));

    process.kill(first.daemon.pid, "SIGTERM");
    const at = performance.now();
    const ready = (): Promise<Answer> => get(first.port, "/readyz");
    await expect.poll(ready, { timeout: 2000, interval: 20 }).toEqual({ status: 503, body: "stopping" });
    expect(await get(first.port, "/livez")).toEqual({ status: 200, body: "ok" });
    const { code } = await first.daemon.ended;
    expect([code, performance.now() - at >= DRAIN_DELAY_SECONDS * 1000]).toEqual([0, true]);
    await delay(500);
    isOver = true;
    await Promise.all(clients);
    expect([...outcomes.keys()]).toEqual(["200"]);
    expect(outcomes.get("200")).toBeGreaterThan(CLIENTS * 10);
  },
);
