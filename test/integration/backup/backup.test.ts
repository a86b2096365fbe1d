import {
  appendFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisCluster } from "../../support/redis-cluster.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { redisTier } from "../../support/cache-tiers.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { decisionAt } from "../../contract/journal/running-journal.ts";
import { ANSWERS, entriesOf, expectEqual, fill, OTHERS, TTL_MS, wipe } from "./entries.ts";
import { kitIn, reseal, resultOf } from "./support.ts";
import type { Kit } from "./support.ts";

let server: RedisServer;
let cluster: RedisCluster;

beforeAll(async () => {
  server = await RedisServer.start();
  cluster = await RedisCluster.start();
});

afterAll(async () => {
  await server.end();
  await cluster.end();
});

const SOON = { timeout: 15_000, interval: 20 };
const DECISIONS = 500;

async function record(journal: Kit["journal"], from = 0): Promise<void> {
  for (let index = from; index < from + DECISIONS; index++) journal.decision(decisionAt(index));
  journal.texts(`t-${from}`, 1, [{ digest: "d", count: 3, text: null }]);
  const minute = { span_ms: 60_000, requests: 5, texts: 5, errors: 0, hits: 1, misses: 4, recycles: 0, users: 1 };
  journal.minute({ id: `m-${from}`, at_ms: 60_000 * (from + 1), ...minute, usage: 0.5, level: 0 });
  await expect.poll(() => journal.state.waiting, SOON).toBe(0);
}

describe.each(["one server", "a cluster"])("with %s", (kind) => {
  const servers = (): readonly RedisServer[] => (kind === "a cluster" ? cluster.nodes : [server]);
  const url = (): string => (kind === "a cluster" ? cluster.url : server.url);

  test("backup, wipe, restore: the journal, and the cache with what it had left to live", async () => {
    const { connection } = await redisTier(url());
    const folder = temporaryFolder();
    await wipe(servers());
    await fill(connection.client!);
    const wanted = await entriesOf(servers(), "combot:");
    const { backups, journal } = kitIn(folder, connection);
    await record(journal);
    const kept = [
      await journal.decisions({ limit: 1000 }),
      await journal.history(0, 60_000),
      await journal.frequentTexts(10),
    ];

    const made = await resultOf(backups.backup({ sessions: true }));
    expect(made).toMatchObject({
      journal: { decisions: DECISIONS, minutes: 1, alerts: 0, texts: 1 },
      cache: { answers: ANSWERS, products: OTHERS, sessions: OTHERS },
      journalNote: null,
      cacheNote: null,
    });
    execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: made.folder, stdio: "ignore" });
    const modes = [made.folder, ...readdirSync(made.folder).map((name) => join(made.folder, name))].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o700, ...modes.slice(1).map(() => 0o600)]);

    await wipe(servers());
    await journal.stop();
    for (const name of ["journal.db", "journal.db-wal", "journal.db-shm"]) rmSync(join(folder, name), { force: true });
    const later = kitIn(folder, connection);
    await record(later.journal, 10_000);
    const result = await resultOf(later.backups.restore({ name: made.name, sessions: true }));
    expect(result).toMatchObject({
      journal: { backup: made.journal, present: { decisions: DECISIONS } },
      cache: made.cache,
    });
    const { journal: again } = later;
    expect([
      await again.decisions({ limit: 1000 }),
      await again.history(0, 60_000),
      await again.frequentTexts(10),
    ]).toEqual(kept);
    expectEqual(await entriesOf(servers(), "combot:"), wanted);
    expect(readdirSync(folder).filter((name) => /restoring|replaced/.test(name))).toEqual([]);

    again.decision(decisionAt(20_000));
    await expect.poll(() => again.state, SOON).toMatchObject({ state: "up", waiting: 0 });
    expect((await again.decisions({ limit: 1 }))[0]).toEqual(decisionAt(20_000));
  });

  test("sessions are neither saved nor restored without being asked for, nor is what is foreign", async () => {
    const { connection } = await redisTier(url());
    await wipe(servers());
    await fill(connection.client!);
    const { backups, journal } = kitIn(temporaryFolder(), connection);
    await expect.poll(() => journal.state.state, SOON).toBe("up");
    const without = await resultOf(backups.backup({}));
    expect(without.cache).toEqual({ answers: ANSWERS, products: OTHERS, sessions: 0 });
    const withThem = await resultOf(backups.backup({ sessions: true }));
    await wipe(servers());
    await resultOf(backups.restore({ name: withThem.name }));
    const counts = async () =>
      Promise.all(
        ["combot:ml:", "combot:product:", "combot:session:", "other:"].map(
          async (prefix) => (await entriesOf(servers(), prefix)).size,
        ),
      );
    expect(await counts()).toEqual([ANSWERS, OTHERS, 0, 0]);
    await resultOf(backups.restore({ name: withThem.name, sessions: true }));
    expect(await counts()).toEqual([ANSWERS, OTHERS, OTHERS, 0]);
  });
});

describe("a backup that is not what was written", () => {
  const FILES = ["SHA256SUMS", "backup.json", "cache.ndjson", "journal.db", "models.json", "settings.json"];
  const flip = (path: string, at: number): void => {
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  };
  const DAMAGES: readonly (readonly [string, (folder: string) => void])[] = [
    ...FILES.flatMap((name) =>
      ["first", "middle", "last"].map((where): readonly [string, (folder: string) => void] => [
        `the ${where} byte of ${name} flipped`,
        (folder) => {
          const { size } = statSync(join(folder, name));
          flip(join(folder, name), { first: 0, middle: size >> 1, last: size - 1 }[where] ?? 0);
        },
      ]),
    ),
    ...FILES.map((name): readonly [string, (folder: string) => void] => [
      `${name} missing`,
      (folder) => rmSync(join(folder, name)),
    ]),
    ["a foreign file", (folder) => writeFileSync(join(folder, "readme.txt"), "hello")],
    ["a folder in it", (folder) => mkdirSync(join(folder, "more"))],
    ["cut short", (folder) => truncateSync(join(folder, "cache.ndjson"), 10)],
    ["something appended", (folder) => appendFileSync(join(folder, "journal.db"), "x")],
    [
      "a symbolic link to the same content",
      (folder) => {
        renameSync(join(folder, "journal.db"), `${folder}.elsewhere`);
        symlinkSync(`${folder}.elsewhere`, join(folder, "journal.db"));
      },
    ],
    ["a hard link to the same content", (folder) => linkSync(join(folder, "cache.ndjson"), `${folder}.elsewhere`)],
    [
      "the backup itself a link",
      (folder) => {
        renameSync(folder, `${folder}.elsewhere`);
        symlinkSync(`${folder}.elsewhere`, folder);
      },
    ],
    ["a foreign key with a sum that fits", (folder) => reseal(folder, "cache.ndjson", `["other:key",1000,"eA=="]\n`)],
    ...["", "{", "[]", `{"format":1`, "null"].map((text): readonly [string, (folder: string) => void] => [
      `a backup.json that is no more than ${JSON.stringify(text)}, with a sum that fits`,
      (folder) => reseal(folder, "backup.json", text),
    ]),
    ...["journal.db", "cache.ndjson"].map((name): readonly [string, (folder: string) => void] => [
      `no ${name} and no sum of it`,
      (folder) => {
        rmSync(join(folder, name));
        const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8").split("\n");
        writeFileSync(join(folder, "SHA256SUMS"), sums.filter((line) => !line.endsWith(`  ${name}`)).join("\n"));
      },
    ]),
    ...[
      "CREATE TRIGGER t AFTER INSERT ON combot_minutes BEGIN DELETE FROM combot_decisions; END",
      "CREATE VIEW v AS SELECT 1",
      "ALTER TABLE combot_minutes ADD COLUMN more text",
      "CREATE TABLE other (a)",
      "CREATE VIRTUAL TABLE other USING fts5(a)",
      "DROP INDEX combot_decisions_at; CREATE INDEX combot_decisions_at ON combot_decisions (abs(at_ms))",
      "DROP TABLE combot_texts",
      "INSERT INTO combot_schema VALUES (99, 1, 0); CREATE TRIGGER t AFTER INSERT ON combot_minutes BEGIN SELECT 1; END",
    ].map((sql): readonly [string, (folder: string) => void] => [
      `a journal in which ${sql}, with a sum that fits`,
      (folder) => {
        const database = new DatabaseSync(join(folder, "journal.db"));
        database.exec(sql);
        database.close();
        reseal(folder, "journal.db", readFileSync(join(folder, "journal.db")));
      },
    ]),
    ["another journal's file with a sum that fits", (folder) => reseal(folder, "journal.db", "no database")],
  ];

  test.each(DAMAGES)("%s: refused before anything is touched", async (_what, damage) => {
    const { connection } = await redisTier(server.url);
    await wipe([server]);
    await connection.client!.commands.set("combot:ml:abc:1", "x", "PX", TTL_MS);
    const folder = temporaryFolder();
    const { backups, journal, path } = kitIn(folder, connection);
    journal.decision(decisionAt(1));
    await expect.poll(() => journal.state.written, SOON).toBe(1);
    const made = await resultOf(backups.backup({}));
    await wipe([server]);
    const { ino } = statSync(path);
    damage(made.folder);
    await expect(resultOf(backups.restore({ name: made.name }))).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
    expect(statSync(path).ino).toBe(ino);
    expect(await journal.decisions({})).toEqual([decisionAt(1)]);
    expect(await entriesOf([server], "")).toEqual(new Map());
  });
});

test("a name that is none of ours, and one that is not there, are told apart from a damage", async () => {
  const { backups } = kitIn(temporaryFolder(), undefined);
  for (const name of ["2026-01-02T03-30-00Z", "../journal.db", ".part-2026-01-02T03-30-00Z"])
    await expect(resultOf(backups.restore({ name }))).rejects.toMatchObject({ code: "BACKUP_UNKNOWN" });
});

test("the newest are kept, and what an earlier one left behind is removed", async () => {
  const folder = temporaryFolder();
  const { backups, journal } = kitIn(folder, undefined, 3);
  await expect.poll(() => journal.state.state, SOON).toBe("up");
  mkdirSync(join(folder, "backups", ".part-2025-01-01T00-00-00Z"), { recursive: true });
  const names: string[] = [];
  for (let round = 0; round < 5; round++) names.push((await resultOf(backups.backup({}))).name);
  expect((await backups.list()).backups.map(({ name }) => name)).toEqual(names.slice(-3));
  expect(readdirSync(join(folder, "backups")).toSorted()).toEqual(names.slice(-3));
});

test("one at a time; a dry run changes nothing; without Redis and with it gone the journal is saved all the same", async () => {
  const { connection } = await redisTier(server.url);
  const folder = temporaryFolder();
  const { backups, journal, path } = kitIn(folder, connection);
  journal.decision(decisionAt(1));
  await expect.poll(() => journal.state.written, SOON).toBe(1);
  await server.kill();
  await expect.poll(() => connection.state, SOON).toBe("down");
  const first = backups.backup({});
  await first.next();
  expect(() => backups.backup({})).toThrow(expect.objectContaining({ code: "BACKUP_RUNNING" }));
  const made = await resultOf(first);
  expect(made).toMatchObject({
    cache: null,
    cacheNote: expect.stringContaining("Redis is away"),
    journal: { decisions: 1 },
  });
  const { ino } = statSync(path);
  const plan = await resultOf(backups.restore({ name: made.name, dryRun: true }));
  expect(plan).toMatchObject({ dryRun: true, journal: { backup: { decisions: 1 }, present: { decisions: 1 } } });
  expect(statSync(path).ino).toBe(ino);
  await server.run();
});
