import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Line } from "../../record.ts";

const KILLS = 50;
/** The last moments are what may be lost. */
const LOSS_MS = 1000;
const SHORTEST_MS = 1500;
const SPREAD_MS = 1500;
const DECISIONS_AT_ONCE = 4;

/** The daemon is killed while it makes decisions as fast as it can; the next one goes on with the same file. */
export async function* kills(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  const path = join(folder, "state", "journal.db");
  let [corrupt, lost, decided, kept] = [0, 0, 0, 0];
  try {
    for (let round = 1; round <= KILLS; round++) {
      say(`kill ${round} of ${KILLS}`);
      const env = { LOG_LEVEL: "error", PRELOAD: "false", WORKERS: "1" };
      const daemon = await PrivateDaemon.start({ env, untilAnswering: true }, folder);
      const answeredAtMs = await decide(daemon, SHORTEST_MS + Math.random() * SPREAD_MS);
      const killedAtMs = performance.now();
      process.kill(daemon.pid, "SIGKILL");
      await daemon.ended;
      const { isWhole, decisions } = look(path);
      if (!isWhole) corrupt++;
      const due = answeredAtMs.filter((at) => at <= killedAtMs - LOSS_MS).length;
      const before = kept;
      kept = decisions;
      decided += answeredAtMs.length;
      lost += Math.max(0, due - (kept - before));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  yield { what: "kills of a daemon that journals", measured: KILLS, target: String(KILLS), pass: true };
  yield {
    what: "decisions made; kept",
    measured: `${decided}; ${kept}`,
    target: "for the record",
    pass: decided > KILLS,
  };
  yield { what: "of these, integrity_check not ok", measured: corrupt, target: "0", pass: corrupt === 0 };
  yield {
    what: "decisions lost that were made over a second before the kill",
    measured: lost,
    target: "0",
    pass: lost === 0,
  };
}

/** @returns when each was made. */
async function decide(daemon: PrivateDaemon, forMs: number): Promise<number[]> {
  const madeAtMs: number[] = [];
  const until = performance.now() + forMs;
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      await daemon.json("POST", "/api/cleanup/", { level: "soft" });
      madeAtMs.push(performance.now());
      await delay(5);
    }
  };
  await Promise.all(Array.from({ length: DECISIONS_AT_ONCE }, one));
  return madeAtMs;
}

function look(path: string): { isWhole: boolean; decisions: number } {
  const database = new DatabaseSync(path);
  try {
    const [row] = database.prepare("PRAGMA integrity_check").all();
    const found = database.prepare("SELECT count(*) AS n FROM combot_decisions WHERE action = 'cleanup'").get();
    return { isWhole: row?.["integrity_check"] === "ok", decisions: Number(found?.["n"]) };
  } finally {
    database.close();
  }
}
