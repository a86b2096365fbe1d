import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { postgresCommands, PrivatePostgres } from "../../../scripts/support/private-postgres.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { CleanupReply } from "../../../src/lib/protocol/cleanup.ts";
import type { Decision } from "../../../src/lib/protocol/decisions.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { requireBuild } from "../cli/cli-process.ts";

type Rows = (sql: string) => Promise<Record<string, unknown>[]>;

interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly rows: Rows;
}

const TEXTS = ["one more question", "another question", "a third question"];
const hasPostgres = postgresCommands() !== undefined || process.env["CI"] !== undefined;

let redis: RedisServer;
let postgres: PrivatePostgres | undefined;
let databases = 0;

beforeAll(async () => {
  requireBuild();
  redis = await RedisServer.start();
  if (hasPostgres) postgres = await PrivatePostgres.start();
});
afterAll(async () => {
  await redis.end();
  await postgres?.remove();
});

const PLACES: Readonly<Record<string, (folder: string) => Promise<Place>>> = {
  off: async () => ({ env: { DATABASE_URL: "off" }, rows: async () => [] }),
  sqlite: async (folder) => ({
    env: {},
    rows: async (sql) => {
      const database = new DatabaseSync(join(folder, "state", "journal.db"), { readOnly: true });
      onTestFinished(() => database.close());
      return database.prepare(sql).all();
    },
  }),
  postgres: async () => {
    const name = `stopped${++databases}`;
    const url = await postgres!.database(name);
    return { env: { DATABASE_URL: url }, rows: (sql) => postgres!.query(sql, name) };
  },
};

const COMBINATIONS = ["off", "sqlite", ...(hasPostgres ? ["postgres"] : [])].flatMap((store) =>
  [false, true].flatMap((hasRedis) => [false, true].map((isUnit) => ({ store, hasRedis, isUnit }))),
);

test.each(COMBINATIONS)(
  "the last minute is in the journal, and the stop is told: $store, Redis $hasRedis, systemd $isUnit",
  async ({ store, hasRedis, isUnit }) => {
    const folder = mkdtempSync(join(tmpdir(), "cd-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { env, rows } = await PLACES[store]!(folder);
    const daemon = await PrivateDaemon.start(
      {
        env: {
          ...env,
          REDIS_URL: hasRedis ? redis.url : "off",
          // Nobody reads there: what matters is that the signs of life keep a loop alive that is empty without them.
          ...(isUnit && { NOTIFY_SOCKET: join(folder, "notify") }),
        },
      },
      folder,
    );
    onTestFinished(async () => void (await daemon.stop("SIGKILL")));
    await daemon.json("POST", "/api/classify/", { texts: TEXTS });
    await daemon.json<CleanupReply>("POST", "/api/cleanup/", { level: "soft" });
    const { decisions } = await daemon.json<{ decisions: Decision[] }>("GET", "/api/decisions/");
    process.kill(daemon.pid, "SIGTERM");
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(daemon.log).toContain('"msg":"stopped"');
    if (store === "off") return;
    const [minutes] = await rows("SELECT sum(texts) AS texts, sum(requests) AS requests FROM combot_minutes");
    expect([Number(minutes?.["texts"]), Number(minutes?.["requests"])]).toEqual([3, 1]);
    const [texts] = await rows("SELECT count(*) AS distinct_texts, sum(count) AS asked FROM combot_texts");
    expect([Number(texts?.["distinct_texts"]), Number(texts?.["asked"])]).toEqual([3, 3]);
    const kept = (await rows("SELECT id FROM combot_decisions")).map(({ id }) => id);
    expect(decisions.length).toBeGreaterThan(0);
    expect(kept).toEqual(expect.arrayContaining(decisions.map(({ id }) => id)));
  },
);
