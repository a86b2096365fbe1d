import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LAUNCHER } from "../../../../scripts/support/private-daemon.ts";
import { rssBytes } from "../../../../scripts/support/process-tree.ts";
import { MIB } from "../../../../src/lib/units.ts";
import type { Line, Part } from "../../record.ts";
import { round } from "../../statistics.ts";
import { openMonitor, timeToShow, withWatched } from "./watched.ts";
import type { Watched } from "./watched.ts";

/** Until the 64 KiB of a pipe are full of lines of some 6 KiB. */
const FILLING_MS = 25_000;
const FULL_PIPE_MS = 30_000;
const GONE_LIMIT_MS = 5000;

/** Killed, with a pipe that nobody reads, with a terminal that is closed: nothing stays behind, and nothing spins. */
export const endings: Part = {
  name: "endings",
  async *run(say): AsyncGenerator<Line> {
    yield* await withWatched(async function* (watched): AsyncGenerator<Line> {
      say("kill -9");
      yield* killed(watched);
      say("a full pipe");
      yield* fullPipe(watched);
      say("a closed terminal");
      yield* closed(watched);
    });
  },
};

async function* killed({ daemon }: Watched): AsyncGenerator<Line> {
  const child = stream(daemon.socketPath);
  await once(child.stdout!, "data");
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "latin1").trim();
  yield {
    what: "processes that the monitor has started",
    measured: children === "" ? 0 : children,
    target: "0",
    pass: children === "",
  };
  child.kill("SIGKILL");
  await once(child, "exit");
  const sockets = await untilNobodyListens(daemon.controlPath);
  yield {
    what: "streams the daemon still has open for a killed monitor",
    measured: sockets,
    target: "0",
    pass: sockets === 0,
  };
}

async function untilNobodyListens(socketPath: string): Promise<number> {
  const limit = performance.now() + GONE_LIMIT_MS;
  // 03: connected. An accepted connection has the name of the socket it came in by.
  const open = (): number =>
    readFileSync("/proc/net/unix", "latin1")
      .split("\n")
      .filter((line) => line.endsWith(` ${socketPath}`) && line.split(/ +/)[5] === "03").length;
  while (open() > 0 && performance.now() < limit) await delay(50);
  return open();
}

async function* fullPipe({ daemon }: Watched): AsyncGenerator<Line> {
  // A pipe of the kernel's, which the test holds open and does not read.
  const path = join(daemon.folder, "full.pipe");
  execFileSync("mkfifo", [path]);
  const pipe = openSync(path, constants.O_RDWR);
  const child = stream(daemon.socketPath, pipe);
  const ended = once(child, "exit") as Promise<[number | null]>;
  try {
    await delay(FILLING_MS);
    const [before, rss] = [cpuSeconds(child), rssBytes(child.pid ?? 0)];
    await delay(FULL_PIPE_MS);
    const share = round(((cpuSeconds(child) - before) * 1000) / FULL_PIPE_MS, 4);
    const grown = round((rssBytes(child.pid ?? 0) - rss) / MIB, 1);
    yield {
      what: "share of a core with a pipe that nobody reads",
      measured: share,
      target: "at most 0.02",
      pass: share <= 0.02,
    };
    yield { what: "and growth of its RSS in 30 s, in MiB", measured: grown, target: "at most 8", pass: grown <= 8 };
    child.kill("SIGTERM");
    const code = await Promise.race([ended.then(([status]) => status), delay(GONE_LIMIT_MS, "still there")]);
    yield {
      what: "its status when it is told to end, the pipe still full",
      measured: code ?? "none",
      target: "143",
      pass: code === 143,
    };
  } finally {
    child.kill("SIGKILL");
    closeSync(pipe);
  }
}

async function* closed({ daemon }: Watched): AsyncGenerator<Line> {
  const terminal = await openMonitor(daemon.socketPath);
  await timeToShow(terminal, /worker 0/);
  const pid = await terminal.pid();
  await terminal.end();
  const from = performance.now();
  while (existsSync(`/proc/${pid}`) && performance.now() - from < GONE_LIMIT_MS) await delay(10);
  const isGone = !existsSync(`/proc/${pid}`);
  yield { what: "the monitor has ended with its terminal", measured: isGone, target: "true", pass: isGone };
}

function stream(socketPath: string, output: "pipe" | number = "pipe"): ChildProcess {
  const args = [LAUNCHER, "monitor", "--json", "--socket", socketPath];
  return spawn(process.execPath, args, { stdio: ["ignore", output, "inherit"] });
}

function cpuSeconds({ pid }: ChildProcess): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return ((fields[11] ?? NaN) + (fields[12] ?? NaN)) / 100;
}
