import { spawnSync } from "node:child_process";
import { describe, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { AlertsReply } from "../../../src/lib/protocol/alerts.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";
import { runCli } from "../cli/cli-process.ts";

/** As ProcSubset=pid of a unit, and as hardened containers mount it: processes, and nothing of the machine. */
const HIDDEN = ["unshare", "--mount", "sh", "-c", 'mount -t proc -o subset=pid proc /proc && exec "$@"', "sh"];

/** No /proc at all, as in a bare chroot. */
const NONE = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"];

const canMount = process.getuid?.() === 0 && spawnSync(HIDDEN[0]!, [...HIDDEN.slice(1), "true"]).status === 0;

async function start(wrapper: readonly string[], env: Record<string, string> = {}): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({ wrapper, env: { WORKERS: "1", ALERT_AFTER: "1", ...env } });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

const healthOf = (daemon: PrivateDaemon) => daemon.json<Health>("GET", "/api/health/");

describe.runIf(canMount)("where /proc has processes alone", () => {
  test("health is degraded and says why; it serves, and the alert fires", async () => {
    const daemon = await start(HIDDEN);
    const { status, checks } = await healthOf(daemon);
    expect([status, checks.memory.status]).toEqual(["degraded", "degraded"]);
    expect(checks.memory.detail).toMatch(/^not governed, it can't be measured: \/proc\/meminfo .*set MEMORY_LIMIT$/);
    expect((await daemon.ask("POST", "/api/classify/", { text: "where is my parcel" })).status).toBe(200);
    const firing = async (): Promise<string[]> =>
      (await daemon.json<AlertsReply>("GET", "/api/alerts/")).firing.map(({ alert }) => alert);
    await expect.poll(firing, { timeout: 15_000, interval: 100 }).toContain("memory-unmeasured");
    expect(daemon.log.match(/the memory governor failed/g)).toHaveLength(1);
  });

  test("combot cleanup says why it can't measure, and does nothing; combot status shows the rest", async () => {
    const daemon = await start(HIDDEN);
    const pids = async (): Promise<number[]> =>
      (await daemon.json<{ workers: { pid: number }[] }>("GET", "/api/process/status/")).workers.map(({ pid }) => pid);
    const before = await pids();
    for (const more of [["--dry-run"], ["--yes"]]) {
      const { status, stderr } = await runCli(["cleanup", "--socket", daemon.socketPath, ...more]);
      expect([more, status]).toEqual([more, 4]);
      expect(stderr).toContain("Memory can't be measured: /proc/meminfo can't be read");
    }
    expect(await pids()).toEqual(before);
    const reply = problem.parse(JSON.parse((await daemon.ask("GET", "/api/memory/")).text));
    expect(reply).toMatchObject({ status: 503, code: "MEMORY_UNMEASURED" });
    const shown = await runCli(["status", "--socket", daemon.socketPath]);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toContain("it can't be measured: /proc/meminfo");
  });

  test("what has nothing to do with memory is governed: an idle worker is unloaded", async () => {
    const daemon = await start(HIDDEN, { MODEL_IDLE_UNLOAD: "1" });
    const states = async (): Promise<string[]> =>
      (await daemon.json<{ workers: { state: string }[] }>("GET", "/api/process/status/")).workers.map(
        ({ state }) => state,
      );
    await expect.poll(states, { timeout: 15_000, interval: 50 }).toEqual(["stopped"]);
  });

  test("MEMORY_LIMIT goes by processes, and is measured", async () => {
    const daemon = await start(HIDDEN, { MEMORY_LIMIT: "4G" });
    expect((await healthOf(daemon)).checks.memory).toMatchObject({ status: "ok" });
    expect(await daemon.json("GET", "/api/memory/")).toMatchObject({ source: "setting", limitBytes: 4 * 2 ** 30 });
  });

  test("no /proc at all is no use of nothing, whatever the limit", async () => {
    const daemon = await start(NONE, { MEMORY_LIMIT: "4G" });
    const { checks } = await healthOf(daemon);
    expect(checks.memory).toMatchObject({
      status: "degraded",
      detail: expect.stringContaining("mount proc") as string,
    });
  });
});
