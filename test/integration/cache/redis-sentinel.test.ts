import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../scripts/support/free-port.ts";
import type { CombotError } from "../../../src/lib/errors.ts";
import { openRedis } from "../../../src/daemon/cache/redis-client.ts";
import { RedisConnection } from "../../../src/daemon/cache/redis-connection.ts";
import { SharedValues } from "../../../src/daemon/cache/shared-values.ts";
import { loadSettings } from "../../../src/lib/config/load.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { SentinelStage } from "../../support/redis-sentinel.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const SOON = { timeout: 60_000, interval: 50 };
const PLACE = { namespace: "session", key: "k" } as const;
const MACHINE = { cores: 2, memoryBytes: 8 * 2 ** 30 };

/** As the daemon connects, from the texts of its settings. */
function connect(env: Record<string, string>) {
  const { settings } = loadSettings({ env: { HOME: "/nonexistent", ...env }, machine: MACHINE });
  const { redis } = settings;
  if (redis.kind === "off") throw new Error("no Redis");
  const connection = new RedisConnection({
    open: () => openRedis(redis),
    now: () => performance.now(),
    idleMs: () => performance.eventLoopUtilization().idle,
    onTurn: () => undefined,
  });
  connection.start();
  onTestFinished(() => connection.close());
  return { connection, values: new SharedValues(connection) };
}

const keeps = (values: SharedValues, value: string) =>
  values.keep(PLACE, value).then(
    () => "kept",
    (error: { code: string }) => error.code,
  );

test("the master that the sentinels name is followed, though one of them is gone", { timeout: 150_000 }, async () => {
  const stage = await SentinelStage.start();
  onTestFinished(() => stage.end());
  const { connection, values } = connect({ REDIS_URL: stage.url });
  await expect.poll(() => connection.state, SOON).toBe("up");
  expect(await keeps(values, "[1]")).toBe("kept");
  expect(await stage.master.ask((redis) => redis.get("combot:session:k"))).toBe("[1]");
  await expect.poll(() => stage.replica.ask((redis) => redis.get("combot:session:k")), SOON).toBe("[1]");
  const valueIn = (server: RedisServer) => server.ask((redis) => redis.get("combot:session:k"));
  const roleOf = (server: RedisServer) => server.ask((redis) => redis.info("replication"));
  // Somebody moves the master in order.
  await stage.failOver();
  await expect.poll(() => roleOf(stage.replica), SOON).toContain("role:master");
  await expect.poll(() => keeps(values, "[1.5]").then(() => valueIn(stage.replica)), SOON).toBe("[1.5]");
  await expect.poll(() => roleOf(stage.master), SOON).toContain("master_link_status:up");
  // And then it dies.
  stage.sentinels[0]!.child.kill("SIGKILL");
  await stage.replica.kill();
  await expect.poll(() => keeps(values, "[2]"), SOON).toBe("kept");
  expect(await valueIn(stage.master)).toBe("[2]");
  expect(String(await values.read(PLACE))).toBe("[2]");
  expect(connection.state).toBe("up");
});

test("a Redis that asks for a certificate is up with one, and away without, with what it says", async () => {
  const folder = temporaryFolder();
  const openssl = (...args: string[]): Buffer => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "1");
  for (const [name, alternative] of [
    ["server", "DNS:localhost,IP:127.0.0.1"],
    ["client", "DNS:combot"],
  ] as const) {
    const request = ["-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`];
    openssl("req", "-new", ...curve, ...request, "-addext", `subjectAltName=${alternative}`);
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-days", "1"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-out", `${name}.pem`);
    chmodSync(join(folder, `${name}.key`), 0o600);
  }
  const at = (name: string): string => join(folder, name);
  const port = await freePort();
  const files = ["--tls-cert-file", at("server.pem"), "--tls-key-file", at("server.key")];
  const tls = ["--tls-port", String(port), ...files, "--tls-ca-cert-file", at("ca.pem"), "--tls-auth-clients", "yes"];
  const server = await RedisServer.start({ args: tls });
  onTestFinished(() => server.end());
  const env = { REDIS_URL: `rediss://localhost:${port}`, REDIS_TLS_CA_FILE: at("ca.pem") };
  const own = { REDIS_TLS_CERT_FILE: at("client.pem"), REDIS_TLS_KEY_FILE: at("client.key") };
  const known = connect({ ...env, ...own });
  await expect.poll(() => known.connection.state, SOON).toBe("up");
  expect(await keeps(known.values, "[3]")).toBe("kept");
  expect(await server.ask((redis) => redis.get("combot:session:k"))).toBe("[3]");
  const stranger = connect(env);
  await expect.poll(() => stranger.connection.lastError, SOON).toMatch(/certificate|alert|closed/i);
  expect(stranger.connection.state).not.toBe("up");
  const refused = (more: Record<string, string>): string => {
    try {
      loadSettings({ env: { HOME: "/", ...env, ...more }, machine: MACHINE });
      return "";
    } catch (error) {
      return (error as CombotError).faults.join("\n");
    }
  };
  expect(refused({ REDIS_TLS_CERT_FILE: at("client.pem") })).toMatch(/REDIS_TLS_CERT_FILE: needs REDIS_TLS_KEY_FILE/);
  expect(refused({ ...own, REDIS_TLS_KEY_FILE: at("server.key") })).toMatch(/not the key of REDIS_TLS_CERT_FILE/);
  expect(refused({ REDIS_TLS_CA_FILE: at("client.csr") })).toMatch(/one or more certificates in PEM/);
  chmodSync(at("client.key"), 0o644);
  expect(refused(own)).toMatch(/chmod 600/);
});
