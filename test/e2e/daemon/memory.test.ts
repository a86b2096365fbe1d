import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { PrivateDaemonOptions } from "../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import { Client } from "../../../src/lib/client.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import type { CleanupReply } from "../../../src/lib/protocol/cleanup.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import type { DaemonEvent } from "../../../src/lib/protocol/events.ts";
import type { MemoryReport } from "../../../src/lib/protocol/memory.ts";
import type { ModelUseReply } from "../../../src/lib/protocol/model.ts";
import { MIB } from "../../../src/lib/units.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli, startCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

async function startDaemon(options: PrivateDaemonOptions = {}): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start(options);
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

async function cli<T>(daemon: PrivateDaemon, ...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await runCli([...args, "--json", "--socket", daemon.socketPath]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

async function workerPids(daemon: PrivateDaemon): Promise<number[]> {
  const { processes } = await daemon.json<MemoryReport>("GET", "/api/memory/");
  return processes.filter(({ role }) => role === "worker").map(({ pid }) => pid);
}

async function modelOf(daemon: PrivateDaemon): Promise<string> {
  const call = { method: "POST", path: "/api/classify/", body: { text: "alpha" }, socketPath: daemon.socketPath };
  const { status, text } = await callSocket(call);
  expect([status, text]).toEqual([200, expect.any(String)]);
  return (JSON.parse(text) as { model: { name: string } }).model.name;
}

describe("cleanup and decisions", () => {
  test("a dry run changes nothing; a cleanup frees memory, the next text is answered, and it is told as it happens", async () => {
    const daemon = await startDaemon();
    const pids = await workerPids(daemon);
    const { plans } = await cli<{ plans: CleanupReply[] }>(daemon, "cleanup", "--dry-run");
    expect(plans.map(({ level, dryRun }) => ({ level, dryRun }))).toEqual(
      ["soft", "force", "emergency"].map((level) => ({ level, dryRun: true })),
    );
    expect(await workerPids(daemon)).toEqual(pids);
    expect((await cli<DecisionsReply>(daemon, "decisions")).decisions).toEqual([]);

    const follower = startCli(["decisions", "--follow", "--json", "--socket", daemon.socketPath], { stdio: "pipe" });
    const followed = createInterface({ input: follower.stdout ?? Readable.from([]) })[Symbol.asyncIterator]();
    await cli<CleanupReply>(daemon, "cleanup", "--level", "soft");
    expect(JSON.parse(String((await followed.next()).value))).toMatchObject({ action: "cleanup", detail: "soft" });
    const { freedBytes, after } = await cli<CleanupReply>(daemon, "cleanup", "--yes");
    expect(freedBytes).toBeGreaterThan(10 * MIB);
    expect(after.processes.map(({ role }) => role)).toEqual(["daemon"]);
    for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);

    const { decisions } = await cli<DecisionsReply>(daemon, "decisions", "--since", "5m");
    expect(decisions.at(-1)).toMatchObject({ action: "cleanup", reason: "by hand", detail: "force", freedBytes });
    expect(JSON.parse(String((await followed.next()).value))).toEqual(decisions.at(-1));
    await modelOf(daemon);
    expect(await workerPids(daemon)).toHaveLength(1);
  });
});

async function next(events: AsyncIterator<DaemonEvent>): Promise<DaemonEvent["event"]> {
  return ((await events.next()).value as DaemonEvent).event;
}

describe("events", () => {
  test(
    "16 listen, a 17th is refused, one that stalls is cut; SIGTERM ends all and exits 0",
    { timeout: 90_000 },
    async () => {
      // Samples that are large, so that the kernel's buffer is soon full: a row for each slot, none of which has a process.
      const daemon = await startDaemon({ env: { WORKERS: "64", PRELOAD: "false" } });
      const client = new Client({ path: daemon.socketPath, controlPath: daemon.controlPath });
      onTestFinished(() => client.close());
      const stalled = createConnection(daemon.controlPath).pause();
      onTestFinished(() => void stalled.destroy());
      await once(stalled, "connect");
      stalled.write("GET /api/events/ HTTP/1.1\r\nHost: combot\r\n\r\n");
      // Whoever came first is listened to first: when the others have a sample, all 16 listen.
      const listeners = Array.from({ length: 15 }, () => client.events());
      for (const events of listeners) expect(await next(events)).toBe("sample");
      const ends = listeners.map(readOn);
      expect(await daemon.ask("GET", "/api/events/")).toMatchObject({
        status: 503,
        text: expect.stringContaining("TOO_MANY_LISTENERS") as string,
      });
      await expect.poll(() => hasRoom(client), { timeout: 60_000, interval: 500 }).toBe(true);

      process.kill(daemon.pid, "SIGTERM");
      expect(await daemon.ended).toEqual({ code: 0, signal: null });
      await Promise.all(ends);
    },
  );
});

/** Reads until the stream ends in order. */
async function readOn(events: AsyncIterator<DaemonEvent>): Promise<void> {
  while (!(await events.next()).done);
}

async function hasRoom(client: Client): Promise<boolean> {
  const events = client.events();
  try {
    return (await next(events)) === "sample";
  } catch (thrown) {
    if (thrown instanceof CombotError && thrown.code === "TOO_MANY_LISTENERS") return false;
    throw thrown;
  } finally {
    await events.return();
  }
}

describe("model use", () => {
  test("switches; a broken folder is refused and the old one serves; --default goes back", async () => {
    const [first, second, broken] = [1, 2, 3].map((variant) =>
      writeOddModel(join(temporaryFolder(), `v${variant}`), { variant }),
    );
    const daemon = await startDaemon({ env: { COMBOT_MODEL_DIR: String(first) } });
    expect(await modelOf(daemon)).toBe("v1");
    const used = await cli<ModelUseReply>(daemon, "model", "use", relative(process.cwd(), String(second)));
    expect(used).toMatchObject({ changed: true, model: { dir: second }, previous: { dir: first } });
    expect(await modelOf(daemon)).toBe("v2");

    writeFileSync(join(String(broken), "model.onnx"), "broken");
    const refused = await runCli(["model", "use", String(broken), "--socket", daemon.socketPath]);
    expect(refused).toMatchObject({ status: 4, stdout: "" });
    expect(refused.stderr).toContain(dirname(join(String(broken), "model.onnx")));
    expect(refused.stderr).toContain("[MODEL_INVALID]");
    expect(await modelOf(daemon)).toBe("v2");

    expect(await cli<ModelUseReply>(daemon, "model", "use", "--default")).toMatchObject({ model: { dir: first } });
    expect(await modelOf(daemon)).toBe("v1");
  });
});
