import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageFile } from "../../../../src/lib/package-files.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { readyLine, writableIn, STATE_FOLDER } from "./alone.ts";
import { ask, read, untilReady } from "./pod-calls.ts";
import type { Door } from "./pod-calls.ts";
import { provideRedis } from "./redis-image.ts";
import { exactly, forTheRecord, Missing } from "./stage.ts";
import type { Say, Stage } from "./stage.ts";

const GIB = 2 ** 30;
const PORT = 8181;
const STOP_SECONDS = "40";
/** Named by the folder. */
const COMBOT = "combot-compose_combot_1";
const REDIS = "combot-compose_redis_1";
const NETWORK = "combot-compose_default";
const LIMIT_MS = 180_000;
/** Under read_only; Compose has no word for --read-only-tmpfs=false, and Docker has none of them. */
const PODMANS_OWN = ["/run", "/tmp", "/var/tmp"];

/** deploy/compose.yaml as deploy/README.md has it. */
export async function* compose(stage: Stage, say: Say): AsyncGenerator<Line> {
  const { stdout, status } = spawnSync("podman-compose", ["version"], { encoding: "utf8", env: stage.engine.env });
  if (status !== 0) throw new Missing("podman-compose is not installed");
  const version = /podman-compose\S*\s+version:?\s+(\S+)/.exec(stdout)?.[1];
  yield forTheRecord("podman-compose", version ?? "of no version that it tells");
  const redis = await provideRedis(stage);
  yield forTheRecord("Redis", (await stage.engine.run("run", "--rm", redis, "redis-server", "--version")).trim());
  const door = doorOf(stage.folder);
  const taken = await ask(door, "/readyz").catch(() => undefined);
  if (taken) throw new Missing(`port ${PORT} of this machine is taken`);
  try {
    say("up");
    const fromMs = performance.now();
    await call(stage, "up", "-d");
    await untilReady(door);
    yield readyLine("up to 200 at /readyz, s", performance.now() - fromMs);
    yield* running(stage, door);
    say("stop");
    yield* stopped(stage);
  } finally {
    await call(stage, "down", "-v", "-t", "0").catch(() => undefined);
    // Debian 12's podman-compose leaves it.
    await stage.engine.tryTo("network", "rm", "--force", NETWORK);
  }
}

function doorOf(folder: string): Door {
  const token = randomBytes(32).toString("base64");
  cpSync(packageFile("deploy"), join(folder, "combot-compose"), { recursive: true });
  writeFileSync(join(folder, "combot-compose", "combot-token"), `${token}\n`, { mode: 0o644 });
  return { address: "127.0.0.1", port: PORT, token };
}

async function call({ engine, folder }: Stage, ...args: readonly string[]): Promise<void> {
  const options = { cwd: join(folder, "combot-compose"), env: engine.env, timeout: LIMIT_MS, maxBuffer: 2 ** 26 };
  await promisify(execFile)("podman-compose", ["--podman-path", engine.program, ...args], options);
}

async function* running({ engine }: Stage, door: Door): AsyncGenerator<Line> {
  const { status, checks } = await read<Health>(door, "/api/health/");
  yield exactly("health: all of it, Redis", `${status}, ${checks.redis.status}`, "ok, ok");
  const field = (name: string): Promise<string> => engine.field(COMBOT, `{{.HostConfig.${name}}}`);
  yield exactly("limit of memory, GiB", Number(await field("Memory")) / GIB, 1);
  yield exactly("limit of CPUs", Number(await field("NanoCpus")) / 1e9, 2);
  // Debian 12's podman-compose hands on neither.
  yield forTheRecord("limit with swap, GiB (1 in the file)", round(Number(await field("MemorySwap")) / GIB));
  yield forTheRecord("limit of processes (256 in the file)", await field("PidsLimit"));
  yield exactly("root file system read-only", await field("ReadonlyRootfs"), "true");
  const writable = (await writableIn(engine, COMBOT)).split(", ").filter((folder) => !PODMANS_OWN.includes(folder));
  const what = `folders that can be written to, but for Podman's own in memory (${PODMANS_OWN.join(", ")})`;
  yield exactly(what, writable.join(", "), STATE_FOLDER);
  const capabilities = await engine.run("exec", COMBOT, "grep", "CapBnd", "/proc/1/status");
  yield exactly("capabilities", capabilities.trim().split(/\s+/)[1] ?? "", "0".repeat(16));
  yield exactly("who runs Redis", (await engine.run("exec", REDIS, "id", "-u")).trim(), "999");
}

async function* stopped(stage: Stage): AsyncGenerator<Line> {
  await call(stage, "stop", "-t", STOP_SECONDS);
  yield exactly("exit status at stop", await stage.engine.field(COMBOT, "{{.State.ExitCode}}"), "0");
}
