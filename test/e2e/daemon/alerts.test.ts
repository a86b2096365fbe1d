import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { Client } from "../../../src/lib/client.ts";
import type { Alert, AlertsReply } from "../../../src/lib/protocol/alerts.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { play } from "../../support/alerts/play.ts";
import { databaseDown, errors, redisDown } from "../../support/alerts/troubles.ts";
import { accept, startReceiver } from "../../support/alerts/receiver.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const PATIENCE = { timeout: 60_000, interval: 100 };

/** What the journal has. */
function keptAlerts({ folder }: PrivateDaemon): unknown[] {
  const database = new DatabaseSync(join(folder, "state", "journal.db"), { readOnly: true });
  try {
    const rows = database.prepare("SELECT body FROM combot_alerts ORDER BY at_ms").all();
    return rows.map(({ body }) => JSON.parse(String(body)) as unknown);
  } finally {
    database.close();
  }
}

test("a worker that is killed: one alert in the log, the API, the events, status, the journal and at the receiver", async () => {
  const { url, bodies, close } = await startReceiver(accept);
  onTestFinished(close);
  const urlFile = join(temporaryFolder(), "webhook");
  writeFileSync(urlFile, url);
  chmodSync(urlFile, 0o600);
  const daemon = await PrivateDaemon.start({
    env: { WORKERS: "1", ALERT_CRASHES: "1", ALERT_DISK_FREE: "0.000001", ALERT_WEBHOOK_URL_FILE: urlFile },
  });
  onTestFinished(() => daemon.stop().then(() => undefined));
  const client = new Client({ path: daemon.socketPath, controlPath: daemon.controlPath });
  onTestFinished(() => client.close());
  const heard: Promise<Alert> = (async () => {
    for await (const event of client.events()) if (event.event === "alert") return event.data;
    throw new Error("the stream ended without an alert");
  })();
  const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
  // Not before the watch has had a look at the healthy daemon: it counts from there.
  await expect.poll(async () => (await daemon.json<AlertsReply>("GET", "/api/alerts/")).firing, PATIENCE).toEqual([]);
  process.kill(workers[0]?.pid ?? 0, "SIGKILL");

  const alert = { alert: "worker-crashes", severity: "critical", state: "firing", measured: 1, threshold: 1 };
  expect(await heard).toMatchObject(alert);
  await expect.poll(() => bodies, PATIENCE).toMatchObject([alert]);
  const report = await daemon.json<AlertsReply>("GET", "/api/alerts/");
  expect(report).toMatchObject({ firing: [alert], resolved: [], webhook: { waiting: 0, dropped: 0, lastError: null } });
  await expect.poll(() => keptAlerts(daemon), PATIENCE).toMatchObject([alert]);
  expect(daemon.log.match(/alert firing/g)).toHaveLength(1);
  expect(daemon.log).not.toContain("hook/secret");
  const status = await runCli(["status", "--socket", daemon.socketPath]);
  expect(status.stdout).toMatch(/alerts +critical +worker-crashes: /);
}, 120_000);

test.concurrent.each([
  ["redis-down", redisDown],
  ["database-down", databaseDown],
  ["errors", errors],
] as const)(
  "%s fires and resolves, each told once at the receiver, in the log and by the API",
  async (alert, trouble) => {
    const once = "firing resolved";
    expect(await play(trouble, PATIENCE.timeout)).toEqual(new Map([[alert, { receiver: once, log: once, api: once }]]));
  },
  120_000,
);
