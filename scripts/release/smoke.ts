import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 30_000;
const TEXT = "where is my parcel??";
const ANSWER = "order_status";

const run = promisify(execFile);

/**
 * Whether an installed package does its work: version, a daemon that serves the bundled model, an answer, an orderly end.
 *
 * @param program its folder, with dependencies in reach.
 * @param place an empty folder for sockets and state; a short path.
 */
export async function smokeFaults(program: string, place: string, version: string): Promise<string[]> {
  const launcher = join(program, "bin", "run.js");
  const env = { PATH: process.env["PATH"], HOME: place, COMBOT_STATE_DIR: join(place, "state"), REDIS_URL: "off" };
  const socket = join(place, "run", "combot.sock");
  const combot = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, [launcher, ...args], { env, cwd: place });
    return stdout;
  };
  const faults: string[] = [];
  const told = await combot("--version");
  if (!told.includes(version)) faults.push(`--version says ${told.trim()}`);
  const daemon = spawn(process.execPath, [launcher, "daemon", "--socket", socket], {
    env,
    cwd: place,
    stdio: "ignore",
  });
  try {
    await untilServing(daemon, () => combot("status", "--json", "--socket", socket));
    const answer = await combot("classify", TEXT, "--socket", socket);
    if (!answer.startsWith(ANSWER)) faults.push(`"${TEXT}" is ${answer.trim()}`);
    const { health } = JSON.parse(await combot("status", "--json", "--socket", socket)) as {
      health: { version: string };
    };
    if (health.version !== version) faults.push(`the daemon says that it is ${health.version}`);
    return [...faults, ...(await stopFaults(daemon))];
  } finally {
    daemon.kill("SIGKILL");
  }
}

async function untilServing(daemon: ChildProcess, ask: () => Promise<string>): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  let last: unknown;
  while (Date.now() < limit && daemon.exitCode === null && daemon.signalCode === null) {
    try {
      await ask();
      return;
    } catch (thrown) {
      last = thrown;
      await delay(200);
    }
  }
  throw new Error(`its daemon did not come to serve (${daemon.exitCode ?? "it runs"})`, { cause: last });
}

async function stopFaults(daemon: ChildProcess): Promise<string[]> {
  const ended = once(daemon, "exit", { signal: AbortSignal.timeout(STOP_LIMIT_MS) });
  daemon.kill("SIGTERM");
  const [code] = (await ended) as [number | null];
  return code === 0 ? [] : [`its daemon ended with ${code} after SIGTERM`];
}
