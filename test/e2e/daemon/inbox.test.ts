import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { answersEvent } from "../../../src/daemon/journal/events.ts";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import type { AlertsReply } from "../../../src/lib/protocol/alerts.ts";
import type { BackupsReply } from "../../../src/lib/protocol/backup.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { InboxReply } from "../../../src/lib/protocol/inbox.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const WORD = "zebraquux";
const TEXT = `where is my ${WORD} parcel, write to ${WORD}.doe@example.org or +44 20 7946 0018`;
const KEPT = `where is my ${WORD} parcel, write to [email] or [phone]`;
const SECRETS = [`${WORD}.doe`, "7946"];
const HOUR_MS = 3_600_000;

async function startDaemon(env: Record<string, string>, folder?: string): Promise<PrivateDaemon> {
  const own = { REDIS_URL: "off", WORKERS: "1", LOG_LEVEL: "trace", ACCESS_LOG: "on", ...env };
  const daemon = await PrivateDaemon.start({ env: own }, folder);
  onTestFinished(async () => void (await daemon.stop()));
  return daemon;
}

/** Its folder stays. */
async function end(daemon: PrivateDaemon): Promise<void> {
  process.kill(daemon.pid, "SIGTERM");
  await daemon.ended;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".onnx"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Every place where something is kept or told of texts, by name; of replies those that whoever classifies does not get. */
async function sinksOf(daemon: PrivateDaemon): Promise<Map<string, Buffer>> {
  await daemon.json("POST", "/api/backup/", {}).catch(() => undefined);
  const { backups } = await daemon.json<BackupsReply>("GET", "/api/backup/");
  expect(backups).toHaveLength(1);
  const sinks = new Map<string, Buffer>();
  for (const path of ["/api/metrics/", "/api/decisions/", "/api/alerts/", "/api/process/status/", "/api/health/"])
    sinks.set(path, Buffer.from((await daemon.ask("GET", path)).text));
  sinks.set("/metrics", Buffer.from((await daemon.ask("GET", "/metrics")).text));
  await end(daemon);
  sinks.set("log", Buffer.from(daemon.log));
  for (const file of filesBelow(daemon.folder)) sinks.set(file, readFileSync(file));
  expect([...sinks.keys()].filter((name) => name.endsWith("journal.db"))).toHaveLength(2);
  return sinks;
}

/** In which of them it stands. */
function placesOf(word: string, sinks: ReadonlyMap<string, Buffer>): string[] {
  return [...sinks].flatMap(([name, content]) => (content.includes(word) ? [name.split("/").at(-1)!] : []));
}

test("texts are masked wherever they are kept; answers of the cache count; what is forgotten is nowhere", async () => {
  const daemon = await startDaemon({ JOURNAL_TEXT: "on" });
  const call = { text: TEXT, minScore: 1 };
  const first = await daemon.json<ClassifyReply>("POST", "/api/classify/", call);
  expect(first.results).toMatchObject([{ decision: "unsure", cached: false }]);
  const [{ label, score } = { label: "", score: 0 }] = first.results;
  for (let times = 0; times < 4; times++)
    expect(await daemon.json("POST", "/api/classify/", call)).toMatchObject({ results: [{ cached: "memory" }] });
  await daemon.json("POST", "/api/classify/", { text: TEXT, minScore: 0, minMargin: 1 });
  // Nothing was asked of these, or they were accepted, or others are not told by them.
  await daemon.json("POST", "/api/classify/", { texts: [`sure ${WORD}`, "refund please"], minScore: 0 });
  await daemon.json("POST", "/api/classify/", { text: `nothing asked ${WORD}` });

  const inbox = () => daemon.json<InboxReply>("GET", "/api/inbox/");
  const found = await inbox();
  expect(found).toMatchObject({ model: "default", textsKept: true, decides: false });
  expect(found.texts).toEqual([
    {
      text: KEPT,
      count: 6,
      ambiguous: 1,
      label,
      score,
      given: null,
      digest: expect.any(String),
      lastSeen: expect.any(String),
    },
  ]);
  expect(found.counts).toEqual([{ label, count: 6, ambiguous: 1 }]);

  const { digest } = found.texts[0]!;
  const given = [{ digest, label: "order_status" }];
  expect(await daemon.json("POST", "/api/inbox/label/", { given })).toEqual({ labelled: 1, unknown: [] });
  const strangers = Array.from({ length: 1000 }, (_, at) => String(at).padStart(64, "0"));
  const all = strangers.map((one) => ({ digest: one, label: "x" }));
  expect(await daemon.json("POST", "/api/inbox/label/", { given: all })).toEqual({ labelled: 0, unknown: strangers });
  expect((await inbox()).texts).toEqual([]);
  expect((await daemon.json<InboxReply>("GET", "/api/inbox/?which=labelled")).texts).toMatchObject([
    { text: KEPT, given: "order_status" },
  ]);

  const sinks = await sinksOf(daemon);
  expect(placesOf(WORD, sinks)).toEqual(["journal.db", "journal.db"]);
  expect(SECRETS.flatMap((secret) => placesOf(secret, sinks))).toEqual([]);

  const again = await startDaemon({ JOURNAL_TEXT: "on" }, daemon.folder);
  expect(await again.json("POST", "/api/inbox/forget/", { text: TEXT })).toEqual({ forgotten: 2, backups: 1 });
  expect(await again.json("GET", "/api/inbox/?which=all")).toMatchObject({ texts: [], counts: [] });
  await again.json("POST", "/api/inbox/forget/", { all: true });
  await end(again);
  const left = filesBelow(join(again.folder, "state")).filter((file) => !file.includes("backups"));
  expect(left.filter((file) => readFileSync(file).includes(WORD))).toEqual([]);
}, 120_000);

test("without JOURNAL_TEXT no text is anywhere, nor a digest of one that was not understood; counts are by label", async () => {
  const daemon = await startDaemon({});
  const texts = [TEXT, `${WORD} two`, `${WORD} three`];
  const { results } = await daemon.json<ClassifyReply>("POST", "/api/classify/", { texts, minScore: 1 });
  await daemon
    .json("POST", "/api/classify/", { text: `${"x".repeat(300)} ${WORD}`, labels: [] })
    .catch(() => undefined);
  const reply = await daemon.json<InboxReply>("GET", "/api/inbox/");
  expect(reply).toMatchObject({ textsKept: false, texts: [] });
  const byLabel = Object.entries(Object.groupBy(results, ({ label }) => label));
  expect(new Map(reply.counts.map(({ label, count }) => [label, count]))).toEqual(
    new Map(byLabel.map(([label, own = []]) => [label, own.length])),
  );
  expect(await daemon.json("GET", "/api/metrics/")).toMatchObject({
    answers: { decided: 3, unsure: 3, unsureShare: 1 },
  });
  const told = await runCli(["inbox", "--socket", daemon.socketPath]);
  expect([told.status, told.stderr]).toEqual([0, ""]);
  expect(told.stdout).toMatch(/^ASKED AMBIGUOUS ANSWERED\n +\d/);
  expect(told.stdout).toContain("JOURNAL_TEXT=on in /etc/combot/combot.env");
  expect(told.stdout).toContain("combot docs improve#privacy");
  const page = (await daemon.ask("GET", "/metrics")).text;
  for (const [label, own = []] of byLabel)
    expect(page).toContain(`combot_answers_total{model="default",label="${label}",decision="unsure"} ${own.length}\n`);
  const sinks = await sinksOf(daemon);
  expect([WORD, ...SECRETS].flatMap((word) => placesOf(word, sinks))).toEqual([]);
  await expectDriftTold(daemon.folder);
}, 120_000);

/** It fires where the share has left its two weeks, and not for another way to decide. */
async function expectDriftTold(folder: string): Promise<void> {
  const path = join(folder, "state", "journal.db");
  const store = new SqliteStore(path);
  const [row] = await store.answers(0, HOUR_MS);
  expect(row).toMatchObject({ model: "default", decided: 3, unsure: 3 });
  const [point] = await store.history(0, HOUR_MS);
  expect(point).toMatchObject({ decided: 3, unsure: 3 });
  const write = async (id: string, basis: string, shareNow: number): Promise<void> => {
    const events = Array.from({ length: 14 * 24 }, (_, ago) => {
      const unsure = Math.round(200 * (ago < 6 ? shareNow : 0.1));
      const atMs = Date.now() - ago * HOUR_MS;
      return answersEvent(`${id}-${ago}`, atMs, { model: "default", basis, decided: 200, unsure }).json;
    });
    await store.write({ answers: events }, id);
  };
  await write("other", "another model", 0.9);
  await store.close();
  const deviationOf = async (daemon: PrivateDaemon): Promise<string> => {
    const page = async (): Promise<string> =>
      /^combot_unsure_deviation (.+)$/m.exec((await daemon.ask("GET", "/metrics")).text)?.[1] ?? "";
    await expect.poll(page, { timeout: 20_000, interval: 50 }).not.toBe("");
    return page();
  };
  const quiet = await startDaemon({}, folder);
  expect(await deviationOf(quiet)).toBe("Nan");
  await end(quiet);
  await write("own", row!.basis, 0.3);
  await store.close();
  const daemon = await startDaemon({}, folder);
  const firing = async (): Promise<string[]> =>
    (await daemon.json<AlertsReply>("GET", "/api/alerts/")).firing.map(({ alert }) => alert);
  await expect.poll(firing, { timeout: 20_000, interval: 50 }).toContain("unsure-share");
  expect(Number(await deviationOf(daemon))).toBeGreaterThan(4);
}
