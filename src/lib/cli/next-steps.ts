import { existsSync } from "node:fs";
import { connect } from "node:net";
import { Client } from "../client.ts";
import { socketsToAsk, socketSurroundings } from "../config/socket-path.ts";
import { CombotError, messageOf, systemCodeOf } from "../errors.ts";
import type { Health } from "../protocol/health.ts";
import type { NextStep } from "../render/next-steps.ts";
import { hangLimitMs } from "../slowness.ts";
import { SERVICE } from "../unit-names.ts";
import { readUnitStates, type UnitsFound } from "./systemd-state.ts";

const ASK_LIMIT_MS = hangLimitMs(2000);
/** Where the daemon looks for one that nobody named. */
const REDIS = { host: "localhost", port: 6379 } as const;

/** What to do next here: of the daemon, of its unit and of Redis a line each. Never throws. */
export async function findNextSteps(): Promise<readonly NextStep[]> {
  const [daemon, found, hasRedis] = await Promise.all([askDaemon(), readUnitStates(ASK_LIMIT_MS), listens()]);
  return [...daemonSteps(daemon, found), ...unitSteps(found), ...redisSteps(daemon, hasRedis)];
}

interface Asked {
  readonly path: string;
  /** Undefined where there is no answer. */
  readonly health?: Health;
  readonly thrown?: unknown;
}

async function askDaemon(): Promise<Asked> {
  let path = "";
  try {
    const sockets = socketsToAsk(socketSurroundings());
    path = sockets.path;
    const client = new Client(sockets);
    const asked = client.call("health", { timeoutMs: ASK_LIMIT_MS, absenceMs: 0 });
    return { path, health: await asked.finally(() => client.close()) };
  } catch (thrown) {
    return { path, thrown };
  }
}

function daemonSteps({ path, health, thrown }: Asked, { units }: UnitsFound): readonly NextStep[] {
  if (health) {
    const isUnhealthy = health.status === "unhealthy";
    const told = isUnhealthy ? troubleOf(health) : `and serves ${health.model.name}`;
    const words = `The daemon on ${path} is ${health.status} ${told}.`;
    return [
      { words, commands: [isUnhealthy ? "combot doctor" : 'combot classify "where is my parcel??"', "combot monitor"] },
    ];
  }
  const code = systemCodeOf(thrown instanceof CombotError ? thrown.cause : thrown);
  if (code === "EACCES" || code === "EPERM") {
    const words = `You may not open ${path}: it takes group combot, and combot-admin to run it. Then log in again.`;
    return [{ words, commands: ['sudo usermod -aG combot,combot-admin "$USER"'] }];
  }
  if (code !== "ENOENT" && code !== "ECONNREFUSED") return [{ words: messageOf(thrown), commands: ["combot doctor"] }];
  const words = `No daemon: nobody listens on ${path}.`;
  return [{ words, commands: [units ? `sudo systemctl start ${SERVICE}` : "combot daemon"] }];
}

/** `(model: loading)`: what its checks say. */
function troubleOf({ checks }: Health): string {
  const failed = Object.entries(checks).filter(([, { status }]) => status === "unhealthy");
  return `(${failed.map(([name, { detail }]) => `${name}: ${detail}`).join("; ")})`;
}

function unitSteps({ units, detail }: UnitsFound): readonly NextStep[] {
  const failed = units?.filter(({ active }) => active === "failed").map(({ unit }) => unit) ?? [];
  if (failed.length > 0) return [{ words: `Failed: ${failed.join(", ")}.`, commands: ["sudo combot doctor"] }];
  if (units) return [];
  if (detail !== undefined) return [{ words: `Units of combot: ${detail}`, commands: [] }];
  if (!existsSync("/run/systemd/system")) {
    return [{ words: "No unit: this machine has no systemd that could keep a daemon running.", commands: [] }];
  }
  const words = "No unit: nothing starts a daemon when this machine starts. What combot deploy would do about it:";
  return [{ words, commands: ["combot deploy --dry-run"] }];
}

function redisSteps({ health }: Asked, hasRedis: boolean): readonly NextStep[] {
  const isThere = health ? health.checks.redis.status === "ok" : hasRedis;
  if (isThere || process.env["REDIS_URL"]) return [];
  const found = health ? `Redis: ${health.checks.redis.detail}` : `No Redis on ${REDIS.host}:${REDIS.port}`;
  const words = `${found}. It isn't needed; with one, answers that were computed outlive the daemon.`;
  return [{ words, commands: [] }];
}

function listens(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...REDIS, timeout: ASK_LIMIT_MS });
    const end = (isThere: boolean) => (): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}
