import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { INSPECTABLE } from "../memory/inspector.ts";
import { shopTexts } from "../shop-texts.ts";
import { databaseCheck, isSettled, journalOf, keepDeciding, longestDelayMs, untilJournal, watchLoop } from "./watch.ts";

const CLIENTS = 4;
const PAUSE_MS = 20;
const FULL_MS = 15_000;
const LOCKED_MS = 30_000;
const STALLED_MS = 30_000;
const DECIDE_EVERY_MS = 100;
const DECIDE_MS = 3000;
const LONGEST_DELAY_MS = 50;
const RECOVER_MS = 30_000;

interface Trouble {
  readonly name: string;
  /** Makes the folder that the journal is to lie in. */
  readonly prepare: (folder: string) => void;
  /** Makes the trouble, waits, and ends it. */
  readonly run: (folder: string, path: string) => Promise<void>;
  readonly remove: (folder: string) => void;
}

const FULL: Trouble = {
  name: "disk full for 15 s",
  prepare: (folder) => void execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]),
  run: async (folder) => {
    execFileSync("sh", ["-c", `cat /dev/zero > ${folder}/filler 2>/dev/null || true`]);
    await delay(FULL_MS);
    rmSync(join(folder, "filler"));
    execFileSync("mount", ["-o", "remount,size=64m", folder]);
  },
  remove: (folder) => void execFileSync("umount", ["-l", folder]),
};

const LOCKED: Trouble = {
  name: "file locked for 30 s by another process",
  prepare: () => undefined,
  run: async (_folder, path) => {
    const script = `const { DatabaseSync } = require("node:sqlite"); const d = new DatabaseSync(${JSON.stringify(path)}, { timeout: 10000 });
      d.exec("BEGIN EXCLUSIVE"); setTimeout(() => { d.exec("COMMIT"); d.close(); }, ${LOCKED_MS});`;
    const child = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
    await once(child, "exit");
  },
  remove: () => undefined,
};

/** A file system that is frozen keeps whoever writes to it in the kernel: the journal's thread stands still. */
const STALLED: Trouble = {
  name: "the journal's thread stalled for 30 s (fsfreeze)",
  prepare: (folder) => {
    execFileSync("sh", [
      "-c",
      `truncate -s 64m ${folder}.img && mkfs.ext4 -q ${folder}.img && mount -o loop ${folder}.img ${folder}`,
    ]);
  },
  run: async (folder) => {
    execFileSync("fsfreeze", ["-f", folder]);
    await delay(STALLED_MS);
    execFileSync("fsfreeze", ["-u", folder]);
  },
  remove: (folder) => {
    execFileSync("umount", ["-l", folder]);
    rmSync(`${folder}.img`);
  },
};

/** Root alone can mount. */
export async function* disks(say: (progress: string) => void): AsyncGenerator<Line> {
  for (const trouble of [FULL, LOCKED, STALLED]) yield* outlives(trouble, say);
}

async function* outlives(
  { name, prepare, run, remove }: Trouble,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const parent = mkdtempSync(join(tmpdir(), "cj-"));
  const folder = join(parent, "disk");
  mkdirSync(folder);
  prepare(folder);
  const path = join(folder, "journal.db");
  const env = { LOG_LEVEL: "error", WORKERS: "1", DATABASE_URL: `sqlite:${path}`, ...INSPECTABLE };
  const daemon = await PrivateDaemon.start({ env });
  try {
    let isOver = false;
    const load = { socketPath: daemon.socketPath, clients: CLIENTS, pauseMs: PAUSE_MS, texts: shopTexts() };
    // The first calls compile what the later ones use.
    await runClients({ ...load, calls: 500 });
    await untilJournal(daemon, isSettled, RECOVER_MS);
    const running = runClients({ ...load, isOver: () => isOver });
    await watchLoop(daemon);
    await delay(DECIDE_MS);
    const usualMs = await longestDelayMs(daemon);
    say(name);
    const trouble = run(folder, path);
    const said = tell(daemon);
    // Each collects garbage, which stops the loop: it is not watched while they are made. They wait to be written all
    // the while, and are tried again and again.
    const stop = keepDeciding(daemon, DECIDE_EVERY_MS);
    await delay(DECIDE_MS);
    const decided = await stop();
    await watchLoop(daemon);
    await trouble;
    const longestMs = await longestDelayMs(daemon);
    const isBack = await untilJournal(daemon, isSettled, RECOVER_MS);
    isOver = true;
    const tally = await running;
    const { written, dropped } = await journalOf(daemon);
    const failed = tally.sent - tally.ok;
    yield { what: `${name}: requests failed`, measured: `${failed} of ${tally.sent}`, target: "0", pass: failed === 0 };
    yield {
      what: `${name}: what the health said`,
      measured: await said,
      target: "degraded, with the reason",
      pass: (await said).startsWith("degraded"),
    };
    yield {
      what: `${name}: the event loop was late by at most, ms (before it ${usualMs})`,
      measured: longestMs,
      target: `under ${LONGEST_DELAY_MS}`,
      pass: longestMs < LONGEST_DELAY_MS,
    };
    yield {
      what: `${name}: written again by itself; written, dropped of ${decided} decisions and more`,
      measured: `${isBack}; ${written}, ${dropped}`,
      target: "true",
      pass: isBack && written + dropped >= decided,
    };
  } catch (error) {
    process.stderr.write(daemon.log);
    throw error;
  } finally {
    await daemon.stop("SIGKILL");
    remove(folder);
    rmSync(parent, { recursive: true, force: true });
  }
}

/** The first that the health says of the trouble. */
async function tell(daemon: PrivateDaemon): Promise<string> {
  for (let look = 0; look < 100; look++) {
    const said = await databaseCheck(daemon);
    if (!said.startsWith("ok")) return said;
    await delay(100);
  }
  return "nothing within 10 s";
}
