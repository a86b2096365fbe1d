import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LAUNCHER } from "../../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../../scripts/support/socket-request.ts";
import type { Line } from "../../record.ts";

/** Their lines are more than may wait. */
const CALLS = 20_000;

/** Where stderr goes. */
const PLACES: Readonly<Record<string, (folder: string) => number>> = {
  "a full device": () => openSync("/dev/full", "w"),
  "a pipe that nobody reads": (folder) => pipeIn(folder),
};

/** At level debug each call is a line: the calls are answered whatever becomes of the lines. */
export async function* logs(say: (progress: string) => void): AsyncGenerator<Line> {
  for (const [place, open] of Object.entries(PLACES)) {
    say(`the log on ${place}`);
    const folder = mkdtempSync(join(tmpdir(), "cl-"));
    const socketPath = join(folder, "run", "combot.sock");
    const stderr = open(folder);
    const env = { PATH: process.env["PATH"], HOME: folder, COMBOT_STATE_DIR: folder, REDIS_URL: "off", WORKERS: "1" };
    const command = [LAUNCHER, "daemon", "--socket", socketPath];
    const daemon = spawn(process.execPath, command, {
      stdio: ["ignore", "ignore", stderr],
      env: { ...env, LOG_LEVEL: "debug" },
    });
    try {
      const answered = await answers(socketPath);
      yield {
        what: `${place}: calls answered of ${CALLS}`,
        measured: answered,
        target: `${CALLS}`,
        pass: answered === CALLS,
      };
      const page = (await callSocket({ socketPath, path: "/metrics" })).text;
      const dropped = Number(/^combot_log_dropped_total (\d+)$/mu.exec(page)?.[1]);
      yield { what: `${place}: lines counted as dropped`, measured: dropped, target: "above 0", pass: dropped > 0 };
    } finally {
      daemon.kill("SIGKILL");
      closeSync(stderr);
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function pipeIn(folder: string): number {
  const path = join(folder, "log");
  execFileSync("mkfifo", [path]);
  return openSync(path, constants.O_RDWR);
}

async function answers(socketPath: string): Promise<number> {
  const health = (): Promise<number> =>
    callSocket({ socketPath, path: "/api/health/" }).then(
      ({ status }) => status,
      () => 0,
    );
  for (let look = 0; look < 300 && (await health()) !== 200; look++) await delay(50);
  let answered = 0;
  for (let call = 0; call < CALLS; call++) if ((await health()) === 200) answered += 1;
  return answered;
}
