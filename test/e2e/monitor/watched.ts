import { spawnSync } from "node:child_process";
import { expect, onTestFinished } from "vitest";
import { LAUNCHER, PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { Terminal } from "../../../scripts/support/terminal.ts";
import { RedisServer } from "../../support/redis-server.ts";

export const HAS_TMUX = spawnSync("tmux", ["-V"]).status === 0;

/** How long a change may take to be on the screen of a busy machine; how long it does take is for acceptance to say. */
const SHOWN = { timeout: 20_000, interval: 100 };

export interface Watched {
  readonly daemon: PrivateDaemon;
  readonly redis: RedisServer;
}

/** A daemon with a Redis, for one file of tests. */
export async function startWatched(): Promise<Watched> {
  const redis = await RedisServer.start({ args: ["--maxmemory", "64mb"] });
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", REDIS_URL: redis.url, WORKERS: "2" } });
  return { daemon, redis };
}

export interface ScreenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** The monitor on a terminal of its own, which a shell gets back when the monitor has ended. */
export async function openMonitor(socketPath: string, options: ScreenOptions = {}): Promise<Terminal> {
  const { width = 80, height = 24, env = {}, args = [] } = options;
  const monitor = [process.execPath, LAUNCHER, "monitor", "--socket", socketPath, ...args].join(" ");
  const command = `sh -c 'echo before; ${monitor}; echo "ended with $?"; stty -a; exec cat'`;
  const terminal = await Terminal.start({ width, height, command, env });
  onTestFinished(() => terminal.end());
  return terminal;
}

/** Waits until the screen has it, and returns the screen. */
export async function expectShown(terminal: Terminal, pattern: RegExp): Promise<readonly string[]> {
  let screen: readonly string[] = [];
  const read = async (): Promise<string> => {
    screen = await terminal.screen();
    return screen.join("\n");
  };
  await expect.poll(read, SHOWN).toMatch(pattern);
  return screen;
}
