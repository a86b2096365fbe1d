import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../scripts/support/free-port.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { hasPython, PYTHON, pythonEnv } from "../../support/python/debian.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const SITE = join(import.meta.dirname, "../../support/python/site");
const OPTIONS = { env: { WORKERS: "1", DATABASE_URL: "off" } };
const CLIENTS = 50;
/** What the bundled model says of each kind of text, whatever the number in it. */
const KINDS = [
  [(at: number) => `where is my parcel ${at}?`, "order_status"],
  [(at: number) => `my card ${at} gets declined`, "payment_problem"],
] as const;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A connection for each call, as from a proxy that keeps none. */
function post(port: number, path: string, body: string, user: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "text/plain", "x-user": user };
    request({ port, path, method: body === "" ? "GET" : "POST", headers, agent: false }, (reply) => {
      text(reply).then((told) => resolve({ status: reply.statusCode ?? 0, body: told }), reject);
    })
      .on("error", reject)
      .end(body);
  });
}

async function startGunicorn(daemon: PrivateDaemon): Promise<{ readonly port: number; readonly master: ChildProcess }> {
  const port = await freePort();
  // No socket unit holds this daemon's callers while it restarts: the client has to.
  const combot = { SOCKET: daemon.socketPath, TIMEOUT: 30, RESTART_WAIT: 25 };
  const master = spawn(
    PYTHON,
    ["-m", "gunicorn", "--workers", "2", "--preload", "--bind", `127.0.0.1:${port}`, "shop:application"],
    { cwd: SITE, env: pythonEnv({ SHOP_COMBOT: JSON.stringify(combot) }), stdio: ["ignore", "ignore", "pipe"] },
  );
  const told: string[] = [];
  master.stderr?.setEncoding("utf8").on("data", (part: string) => told.push(part));
  const ended = new Promise((resolve) => master.once("exit", resolve));
  onTestFinished(async () => {
    master.kill("SIGTERM");
    await ended;
  });
  await expect
    .poll(() => post(port, "/health/", "", "").catch(() => told.join("")), { timeout: 20_000 })
    .toEqual({ status: 200, body: '{"status": "ok"}' });
  return { port, master };
}

async function restart(daemon: PrivateDaemon, signal: NodeJS.Signals): Promise<PrivateDaemon> {
  process.kill(daemon.pid, signal);
  await daemon.ended;
  return PrivateDaemon.start(OPTIONS, daemon.folder);
}

async function workerPid(daemon: PrivateDaemon): Promise<number> {
  const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
  return workers.find(({ state }) => state === "ready" || state === "busy")?.pid ?? 0;
}

test.skipIf(!hasPython("django", "gunicorn"))(
  "a view under gunicorn with two preloaded workers and 50 clients: nothing fails while what is behind it dies",
  { timeout: 90_000 },
  async () => {
    let daemon = await PrivateDaemon.start(OPTIONS);
    onTestFinished(() => daemon.stop("SIGKILL").then(() => undefined));
    const { port } = await startGunicorn(daemon);
    const wrong: unknown[] = [];
    const gunicornPids = new Set<number>();
    let [answered, isOver] = [0, false];
    const client = async (number: number): Promise<void> => {
      const [textOf, expected] = KINDS[number % KINDS.length]!;
      for (let at = number; !isOver; at += CLIENTS) {
        const answer = await post(port, "/intent/", textOf(at), String(number)).catch((error: unknown) => error);
        const { status, body } = answer as Answer;
        const { label, pid } = (status === 200 ? JSON.parse(body) : {}) as { label?: string; pid?: number };
        if (label === expected) answered += 1;
        else wrong.push(answer);
        if (pid !== undefined) gunicornPids.add(pid);
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
    const more = async (count: number): Promise<void> => {
      const until = answered + count;
      while (answered < until && wrong.length === 0) await delay(10);
    };
    await more(100);
    process.kill(await workerPid(daemon), "SIGKILL");
    await more(100);
    daemon = await restart(daemon, "SIGTERM");
    await more(100);
    daemon = await restart(daemon, "SIGKILL");
    await more(100);
    // gunicorn starts another one; it finishes the call that it has.
    for (const pid of [...gunicornPids].slice(0, 1)) process.kill(pid, "SIGTERM");
    await more(200);
    isOver = true;
    await clients;
    expect(wrong).toEqual([]);
    expect(gunicornPids.size).toBe(3);
  },
);
