import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LAUNCHER, PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const PERIOD_US = 100_000;
const isV1 = existsSync("/sys/fs/cgroup/cpu/cpu.cfs_period_us");

function tryToMake(path: string, cores: number): string | undefined {
  try {
    mkdirSync(path);
    if (isV1) writeFileSync(join(path, "cpu.cfs_quota_us"), String(cores * PERIOD_US));
    else writeFileSync(join(path, "cpu.max"), `${cores * PERIOD_US} ${PERIOD_US}`);
    return path;
  } catch {
    return undefined;
  }
}

/** A cgroup of so many cores, and one inside that has no quota of its own. Needs root. */
function quotaOf(cores: number): string {
  const root = isV1 ? "/sys/fs/cgroup/cpu" : "/sys/fs/cgroup";
  if (!isV1) writeFileSync(join(root, "cgroup.subtree_control"), "+cpu");
  const outer = tryToMake(join(root, `combot-quota-${process.pid}-${Math.floor(cores * 10)}`), cores);
  if (outer === undefined) throw new Error(`no quota can be set in ${root}`);
  onTestFinished(() => rmdirSync(outer));
  const inner = join(outer, "inner");
  mkdirSync(inner);
  onTestFinished(() => rmdirSync(inner));
  return inner;
}

const inside = (cgroup: string): string[] => ["sh", "-c", `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`, "sh"];

function workersByAuto(wrapper: readonly string[]): string | undefined {
  const [command = process.execPath, ...args] = [
    ...wrapper,
    process.execPath,
    LAUNCHER,
    "config",
    "--json",
  ] as string[];
  const folder = temporaryFolder();
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    COMBOT_SOCKET: join(folder, "c.sock"),
    COMBOT_PROFILE: "auto",
  };
  const { settings } = JSON.parse(execFileSync(command, args, { env, encoding: "utf8" })) as {
    settings: { name: string; value: string }[];
  };
  return settings.find(({ name }) => name === "WORKERS")?.value;
}

/** Threads of the only worker, when it serves. */
async function threadsOfWorker(wrapper: readonly string[]): Promise<number> {
  const daemon = await PrivateDaemon.start({ wrapper, env: { WORKERS: "1", MODEL_IDLE_UNLOAD: "-1" } });
  const { workers } = await daemon.json<{ workers: { pid: number }[] }>("GET", "/api/process/status/");
  const threads = /^Threads:\s+(\d+)$/m.exec(readFileSync(`/proc/${workers[0]?.pid}/status`, "latin1"))?.[1];
  await daemon.stop();
  return Number(threads);
}

describe.runIf(process.getuid?.() === 0 && availableParallelism() > 1)(
  "in a cgroup around which is a CPU quota",
  () => {
    test("auto starts as many workers as the quota has cores", () => {
      expect(Number(workersByAuto([]))).toBeGreaterThan(1);
      expect(workersByAuto(inside(quotaOf(1)))).toBe("1");
      expect(workersByAuto(inside(quotaOf(0.5)))).toBe("1");
    });

    test("a worker computes with as many threads as the quota has cores for it", { timeout: 60_000 }, async () => {
      const free = await threadsOfWorker([]);
      // One thread of the session is the caller's own: each core more is a thread more.
      expect(free - (await threadsOfWorker(inside(quotaOf(1))))).toBe(availableParallelism() - 1);
    });
  },
);
