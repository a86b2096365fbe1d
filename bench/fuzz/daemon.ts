import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/support/free-port.ts";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import type { PrivateDaemonOptions } from "../../scripts/support/private-daemon.ts";
import type { backupsReply } from "../../src/lib/protocol/backup.ts";
import { RedisServer } from "../../test/support/redis-server.ts";
import type { z } from "zod";
import type { CallerOrder } from "./caller.ts";

const HOST = "bot.example.com";
const TOKEN = "a-token-of-the-fuzz-0123456789-0123456789";
const ADMIN_TOKEN = "an-admin-token-of-the-fuzz-0123456789-0123456789";
const NAMED_TOKEN = "a-named-token-of-the-fuzz-0123456789-012345";
/** Requests a minute: of 2,000 in one or two minutes most are too many, and some are not. */
const NAMED_RATE = 300;
const MODEL = fileURLToPath(new URL("../../models/shop-intents", import.meta.url));
const CONNECTIONS = 8;

/** A daemon with all that a caller can reach: both sockets, a TCP address, Redis, a journal and a backup. */
export class FuzzedDaemon {
  readonly daemon: PrivateDaemon;
  readonly #redis: RedisServer;
  readonly #port: number;
  readonly #backup: string;

  private constructor(daemon: PrivateDaemon, redis: RedisServer, port: number, backup: string) {
    this.daemon = daemon;
    this.#redis = redis;
    this.#port = port;
    this.#backup = backup;
  }

  /** @param namedRate what the named token may ask a minute. */
  static async start(
    { env, ...options }: PrivateDaemonOptions = {},
    namedRate: number = NAMED_RATE,
  ): Promise<FuzzedDaemon> {
    const redis = await RedisServer.start();
    const folder = mkdtempSync(join(tmpdir(), "cf-"));
    const port = await freePort();
    try {
      const settings = { ...env, ...listening(port, folder, namedRate), REDIS_URL: redis.url, LOG_LEVEL: "warn" };
      const daemon = await PrivateDaemon.start({ ...options, env: settings }, folder);
      await daemon.ask("POST", "/api/backup/", {});
      const { backups } = await daemon.json<z.infer<typeof backupsReply>>("GET", "/api/backup/");
      return new FuzzedDaemon(daemon, redis, port, backups[0]?.name ?? "");
    } catch (error) {
      await redis.end();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Five callers, each with its own share: on the user socket, the control socket, and over TCP with each token. */
  orders(seed: number, requests: number): CallerOrder[] {
    const { socketPath, controlPath } = this.daemon;
    const tcp = { host: "127.0.0.1", port: this.#port };
    const known = [this.#backup, "2020-01-01T00-00-00Z", "2026-01-01T00:00:00Z", MODEL, "/nonexistent", "/proc", "a:1"];
    const callers = [
      { address: { path: socketPath }, context: { host: "combot", known } },
      { address: { path: controlPath }, context: { host: "combot", known } },
      { address: tcp, context: { host: HOST, known, token: TOKEN } },
      { address: tcp, context: { host: HOST, known, token: ADMIN_TOKEN } },
      { address: tcp, context: { host: HOST, known, token: NAMED_TOKEN } },
    ];
    const share = Math.ceil(requests / callers.length);
    return callers.map((caller, at) => ({
      ...caller,
      caller: at,
      seed,
      from: 0,
      requests: share,
      connections: CONNECTIONS,
    }));
  }

  async stop(): Promise<void> {
    await this.daemon.stop("SIGKILL");
    await this.#redis.end();
  }
}

function listening(port: number, folder: string, namedRate: number): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  const [user, admin, named] = [join(folder, "token"), join(folder, "admin-token"), join(folder, "tokens")] as const;
  writeFileSync(named, `nightly classify ${NAMED_TOKEN} ${namedRate} batch\n`, { mode: 0o600 });
  writeFileSync(user, TOKEN, { mode: 0o600 });
  writeFileSync(admin, ADMIN_TOKEN, { mode: 0o600 });
  return {
    COMBOT_LISTEN: `127.0.0.1:${port}`,
    COMBOT_HOSTS: HOST,
    COMBOT_TOKENS_FILE: named,
    COMBOT_COMPAT: "hf,tei,oip",
    COMBOT_TOKEN_FILE: user,
    COMBOT_ADMIN_TOKEN_FILE: admin,
  };
}
