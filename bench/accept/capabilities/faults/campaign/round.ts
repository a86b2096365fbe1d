import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { Random, seedOf } from "../../../../fuzz/random.ts";
import type { Answers } from "./answers.ts";
import { clients } from "./clients.ts";
import { daemonKills } from "./daemon-kills.ts";
import { healing } from "./healing.ts";
import { leftovers, namesIn } from "./leftovers.ts";
import { Ledger } from "./ledger.ts";
import { OPERATIONS, operate, operations } from "./operations.ts";
import { PostgresPair, RedisPair } from "./servers.ts";
import { Site } from "./site.ts";
import { clockJumps, failsOver, forksFail, logFull, stateFull } from "./spells.ts";
import type { Tally } from "./tally.ts";
import type { Stage, Trouble } from "./troubles.ts";
import { workerKills } from "./worker-kills.ts";

const LOOK_MS = 700;
const SETTLED_MS = 10_000;
const REDIS_EVERY_MS = 12_000;
const POSTGRES_EVERY_MS = 20_000;

export interface RoundOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly journal: "sqlite" | "postgres";
  readonly answers: Answers;
  readonly tally: Tally;
  /** What a daemon leaves to which nothing happened. */
  readonly usual: ReadonlySet<string>;
}

export interface RoundOutcome {
  readonly wrong: readonly string[];
  readonly healedMs: number;
  readonly notHealed: readonly string[];
  readonly lost: number;
  readonly left: readonly string[];
  readonly unasked: readonly string[];
}

/** All troubles at once, each at moments of its own; then everything must be as before, and nothing left. */
export async function round(options: RoundOptions): Promise<RoundOutcome> {
  const redis = await RedisPair.start();
  const postgres = options.journal === "postgres" ? await PostgresPair.start() : undefined;
  const site = siteOf(options.answers, redis.url, postgres?.url);
  try {
    const stage = await started(site, options);
    const troubles = [
      clients,
      keepLooking,
      workerKills,
      daemonKills,
      operations,
      forksFail,
      stateFull,
      logFull,
      clockJumps,
      failsOver("Redis", REDIS_EVERY_MS, redis),
      ...(postgres ? [failsOver("Postgres", POSTGRES_EVERY_MS, postgres)] : []),
    ];
    const { healedMs, notHealed } = await through(stage, troubles, options);
    await stage.ledger.look().catch(() => undefined);
    await asked(stage);
    const { status } = await site.stop();
    stage.tally.add("starts that failed while no thread could be made", site.failedStarts);
    stage.tally.add("starts that hung in Node's own start", site.hungStarts);
    if (status !== "0") stage.wrong.push(`the last daemon ended with ${status}: ${site.lastLog(5)}`);
    // Before the journal is looked at, which leaves files beside it.
    const left = await leftovers(site, options.usual);
    const kept = postgres ? await postgres.decisionIds() : idsIn(join(site.state, "journal.db"));
    const lost = stage.ledger.lost(kept);
    return { wrong: stage.wrong, healedMs, notHealed, lost, left, unasked: site.unasked };
  } finally {
    await site.remove();
    await redis.end();
    await postgres?.end();
  }
}

/** The names that a daemon's state folder has when everything was done to it that can be done by hand. */
export async function usualNames(answers: Answers, tally: Tally): Promise<Set<string>> {
  const redis = await RedisPair.start();
  const site = siteOf(answers, redis.url, undefined);
  try {
    const stage = await started(site, { answers, tally });
    const random = new Random(1);
    for (let twice = 0; twice < 2; twice++) {
      for (const operation of OPERATIONS) await operate(operation, stage, random);
    }
    // What a model takes is written when its workers have served for a second or two.
    await site.ask("POST", "/api/model/load/?wait=true");
    await healing(site);
    const running = await settledNames(site.state);
    await site.stop();
    return new Set([...running, ...namesIn(site.state)]);
  } finally {
    await site.remove();
    await redis.end();
  }
}

/** What is learnt while it runs is written some seconds later. */
async function settledNames(state: string): Promise<Set<string>> {
  for (;;) {
    const names = namesIn(state);
    await delay(SETTLED_MS);
    if (namesIn(state).size === names.size) return names;
  }
}

function siteOf(answers: Answers, redisUrl: string, databaseUrl: string | undefined): Site {
  return new Site(mkdtempSync(join(tmpdir(), "cc-")), {
    COMBOT_MODEL_DIR: answers.models[0]!,
    REDIS_URL: redisUrl,
    LOG_LEVEL: "warn",
    WORKERS: "4",
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  });
}

async function started(site: Site, { answers, tally }: Pick<RoundOptions, "answers" | "tally">): Promise<Stage> {
  site.start();
  if (!(await site.untilAnswering())) throw new Error(`the daemon did not come up: ${site.lastLog(20)}`);
  await healing(site);
  return { site, answers, tally, ledger: new Ledger(site, tally), wrong: [], doing: "nothing", isOver: false };
}

async function through(stage: Stage, troubles: readonly Trouble[], { seed, durationMs }: RoundOptions) {
  const work = troubles.map((trouble, at) => trouble(stage, new Random(seedOf(seed, at))));
  await Promise.race([delay(durationMs), Promise.all(work)]);
  stage.isOver = true;
  await Promise.all(work);
  const { tookMs, left } = await healing(stage.site);
  if (left.length > 0) {
    stage.tally.add("mended by hand: combot model load");
    await stage.site.ask("POST", "/api/model/load/?wait=true").catch(() => undefined);
  }
  return { healedMs: tookMs, notHealed: left };
}

async function keepLooking(stage: Stage): Promise<void> {
  for (; !stage.isOver; await delay(LOOK_MS)) await stage.ledger.look().catch(() => undefined);
}

/** Everything is over: each answer must come, and be right. */
async function asked({ site, answers, tally, wrong }: Stage): Promise<void> {
  for (const text of answers.texts.slice(0, 50)) {
    const reply = await site.ask("POST", "/api/classify/", { text, noCache: true }).catch((error: unknown) => ({
      status: 0,
      text: String(error),
    }));
    tally.add("calls after a round");
    const fault = reply.status === 200 ? answers.wrongOf(text, JSON.parse(reply.text)) : reply.text;
    if (fault !== undefined) wrong.push(`after the troubles: ${fault}`);
  }
}

function idsIn(path: string): Set<string> {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return new Set(
      database
        .prepare("SELECT id FROM combot_decisions")
        .all()
        .map(({ id }) => String(id)),
    );
  } finally {
    database.close();
  }
}
