import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { RedisServer } from "../../../test/support/redis-server.ts";
import { SWAPS, seeded, swap } from "../../../test/support/swaps/folders.ts";
import { Judge } from "../../../test/support/swaps/judge.ts";
import type { Capability, Line } from "../record.ts";
import { keepAsking } from "./swaps/clients.ts";
import { RestartedDaemon } from "./swaps/daemon.ts";
import { TEXTS, makeModels } from "./swaps/models.ts";

const STEPS = 200;
const CLIENTS = 20;
const SEED = 20_260_101;
const STATES = ["ready", "recycling", "switching", "restart"] as const;

interface Stage {
  readonly daemon: RestartedDaemon;
  readonly models: readonly string[];
  readonly live: string;
  readonly random: () => number;
  readonly say: (progress: string) => void;
}

export const swaps: Capability = {
  name: "swaps",
  summary: "A served folder overwritten, deleted, replaced and truncated, at random, in every state, under 20 clients",
  async *run(say): AsyncGenerator<Line> {
    const folder = mkdtempSync(join(tmpdir(), "cw-"));
    const redis = await RedisServer.start();
    try {
      yield* judged(folder, redis, say);
    } finally {
      await redis.end();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function* judged(folder: string, redis: RedisServer, say: Stage["say"]): AsyncGenerator<Line> {
  const [models, live, stateDir] = [makeModels(folder), join(folder, "live"), join(folder, "state")];
  cpSync(models[0]!, live, { recursive: true });
  const judge = new Judge(TEXTS, stateDir);
  const env = {
    LOG_LEVEL: "error",
    WORKERS: "2",
    COMBOT_MODEL_DIR: models[1]!,
    COMBOT_STATE_DIR: stateDir,
    REDIS_URL: redis.unixUrl,
    // Found in Redis more often than in memory, and computed anew now and then.
    MAX_CACHE_SIZE: "3",
  };
  const daemon = new RestartedDaemon(env, join(folder, "daemon"), judge);
  await daemon.start();
  try {
    await daemon.use(live);
    const stop = keepAsking(daemon, judge, CLIENTS);
    const done = await play({ daemon, models, live, random: seeded(SEED), say });
    const { calls, failures } = await stop();
    yield* report(judge, done);
    const first = failures[0] === undefined ? "" : `, the first: ${failures[0]}`;
    yield {
      what: `calls that failed while it ran, of ${calls}${first}`,
      measured: failures.length,
      target: "0",
      pass: failures.length === 0,
    };
  } finally {
    await daemon.stop();
  }
}

/** How often each was done, and how often a switch to what lay there was made or refused. */
async function play({ daemon, models, live, random, say }: Stage): Promise<Map<string, number>> {
  const done = new Map<string, number>();
  const count = (what: string): void => void done.set(what, (done.get(what) ?? 0) + 1);
  const use = async (): Promise<void> => count((await daemon.use(live)) ? "switched" : "refused to switch");
  for (let step = 0; step < STEPS; step++) {
    const what = SWAPS[Math.floor(random() * SWAPS.length)]!;
    const state = STATES[Math.floor(random() * STATES.length)]!;
    count(`${what} while ${state}`);
    const swapping = swap(what, { live, from: models[Math.floor(random() * models.length)]!, random });
    if (state === "switching") await use();
    else if (state === "recycling") await daemon.recycle();
    else if (state === "restart") {
      await daemon.stop();
      await swapping;
      await daemon.start();
    }
    await swapping;
    if (random() < 0.3) await use();
    await delay(random() * 100);
    say(`${step + 1} of ${STEPS}: ${what} while ${state}`);
  }
  return done;
}

function* report(judge: Judge, done: ReadonlyMap<string, number>): Generator<Line> {
  const { answers, wrong, from, digests } = judge.judge();
  const combinations = SWAPS.length * STATES.length;
  const seen = [...done.keys()].filter((name) => name.includes(" while ")).length;
  const others = [...done].filter(([name]) => !name.includes(" while ")).map(([name, times]) => `${name} ${times}`);
  const tiers = ["computed", "memory", "redis"].map((tier) => `${tier} ${from[tier] ?? 0}`);
  yield {
    what: `ways to spoil the folder × states, of ${combinations}, in ${STEPS} steps`,
    measured: seen,
    target: String(combinations),
    pass: seen === combinations,
  };
  yield { what: "switches to what lay there", measured: others.join(", "), target: "both", pass: others.length === 2 };
  yield { what: "models by their digest", measured: digests, target: "at least 3", pass: digests >= 3 };
  yield {
    what: `answers, of ${answers}`,
    measured: tiers.join(", "),
    target: "of every tier",
    pass: tiers.every((told) => !told.endsWith(" 0")),
  };
  const example = wrong[0] === undefined ? "" : `, the first: ${wrong[0]}`;
  yield {
    what: `answers by another model than their digest says, of ${answers}${example}`,
    measured: wrong.length,
    target: "0",
    pass: wrong.length === 0,
  };
}
