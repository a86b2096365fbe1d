import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { NewToken } from "../../../src/commands/token/new.ts";
import { freePort } from "../../../scripts/support/free-port.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";
import { temporaryFolder } from "../../support/temporary.ts";

beforeAll(requireBuild);

/** As systemd starts it, so that it takes SIGHUP for a reload. */
const AS_UNIT = ["sh", "-c", 'export SYSTEMD_EXEC_PID=$$; exec "$@"', "sh"];
const SOON = { timeout: 20_000, interval: 50 };

/** A daemon with tokens that the CLI made, in a file that can be written anew. */
async function start() {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  const make = async (name: string, ...flags: string[]): Promise<NewToken> => {
    const made = JSON.parse((await runCli(["token", "new", name, "--json", ...flags])).stdout) as NewToken;
    writeFileSync(path(`${name}.token`), `${made.token}\n`, { mode: 0o600 });
    return made;
  };
  const write = (...made: readonly NewToken[]): void =>
    writeFileSync(path("tokens"), made.map(({ line }) => `${line}\n`).join(""), { mode: 0o600 });
  const [shop, ops, prometheus] = await Promise.all([
    make("shop", "--rate", "1000"),
    make("ops", "--scope", "control"),
    make("prometheus", "--scope", "read"),
  ]);
  write(shop, ops, prometheus);
  const port = await freePort();
  const env = {
    WORKERS: "1",
    COMBOT_LISTEN: `127.0.0.1:${port}`,
    COMBOT_TOKENS_FILE: path("tokens"),
    ACCESS_LOG: "on",
  };
  const daemon = await PrivateDaemon.start({ env, wrapper: AS_UNIT });
  onTestFinished(() => daemon.stop().then(() => undefined));
  const url = `http://127.0.0.1:${port}`;
  const as = (who: string, line: string, at = url) =>
    runCli([...line.split(" "), "--url", at, "--token-file", path(`${who}.token`)]);
  const ask = (token: string, place: string) => fetch(url + place, { headers: { authorization: `Bearer ${token}` } });
  return { daemon, url, port, path, make, write, as, ask, shop, ops, prometheus };
}

test(
  "a daemon elsewhere: the CLI operates it over TCP, by named tokens that are changed without a restart",
  { timeout: 180_000 },
  async () => {
    const { daemon, url, path, make, write, as, ask, shop, ops, prometheus } = await start();

    // All that asks the daemon works over TCP.
    const told: Readonly<Record<string, RegExp>> = {
      status: /healthy|ok/,
      "classify parcel": /^\w+\t/,
      decisions: /./,
      history: /./,
      "model list": /default/,
      recycle: /slot 0/i,
      "cleanup --level soft": /./,
      "model unload": /./,
      "model load": /./,
      config: /COMBOT_TOKENS_FILE +\*\*\*/,
      backup: /backups/,
    };
    for (const [line, shown] of Object.entries(told)) {
      const { status, stdout, stderr } = await as("ops", line);
      expect([line, status, stderr]).toEqual([line, 0, expect.not.stringMatching(/Error/)]);
      expect([line, stdout + stderr]).toEqual([line, expect.stringMatching(shown)]);
    }
    const seen = JSON.parse((await as("prometheus", "monitor --once --json")).stdout) as Record<string, unknown>;
    expect(seen).toMatchObject({ machine: null, sample: { process: { daemon: { pid: daemon.pid } } } });
    expect((await as("ops", "monitor --once")).stdout).toContain("memory");
    const inEnvironment = { COMBOT_URL: url, COMBOT_TOKEN_FILE: path("shop.token") };
    expect(await runCli(["classify", "parcel"], { env: inEnvironment })).toMatchObject({ status: 0, stderr: "" });
    const load = await runCli(["perf-test", "-n", "20", "-c", "2", "--warm-up", "0s", "--json"], {
      env: inEnvironment,
    });
    expect(JSON.parse(load.stdout)).toMatchObject({ requests: { begun: 20, answered: 20, failed: 0 } });
    // One that was asked before, and the load's.
    const counted = await (await ask(prometheus.token, "/metrics")).text();
    expect(Number(/token="shop",outcome="2xx"\} (\d+)$/m.exec(counted)?.[1])).toBeGreaterThan(20);
    // Each learns what its token opens.
    expect((await as("shop", "status")).stdout).toContain("scope control");
    expect(await as("shop", "recycle")).toMatchObject({ status: 2, stderr: expect.stringContaining("CONTROL_ONLY") });
    expect(await as("prometheus", "status")).toMatchObject({
      status: 0,
      stdout: expect.not.stringContaining("scope control"),
    });
    expect(await as("prometheus", "classify parcel")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("TOKEN_SCOPE"),
    });

    // What was done stands under the name of who did it.
    const { decisions } = JSON.parse(
      (await runCli(["decisions", "--json", "--socket", daemon.socketPath])).stdout,
    ) as DecisionsReply;
    const byHand = decisions.filter(({ reason }) => reason === "by hand");
    expect(byHand.map(({ action, by }) => [action, by])).toEqual(
      ["recycle", "cleanup", "unload", "load"].map((action) => [action, "token ops"]),
    );
    const page = await (await ask(prometheus.token, "/metrics")).text();
    expect(page).toMatch(/^combot_token_requests_total\{token="shop",outcome="4xx"\} [1-9]/m);
    expect(page).toMatch(/^combot_token_requests_total\{token="ops",outcome="2xx"\} [1-9]/m);
    expect(daemon.log).toMatch(/"route":"\/api\/process\/recycle\/","status":200.*"via":"tcp","token":"ops"/);

    // A rotation: two are valid, then the new one alone.
    const next = await make("shop", "--rate", "1000");
    const status = async (token: string): Promise<number> => (await ask(token, "/api/health/")).status;
    write(shop, next, ops);
    process.kill(daemon.pid, "SIGHUP");
    await expect.poll(() => status(next.token), SOON).toBe(200);
    expect([await status(shop.token), await status(prometheus.token)]).toEqual([200, 401]);
    writeFileSync(path("tokens"), `${next.line}\nops admin x\n`, { mode: 0o600 });
    process.kill(daemon.pid, "SIGHUP");
    await expect.poll(() => daemon.log, SOON).toContain("line 2: behind ops must be its scope");
    expect(await status(shop.token)).toBe(200);
    write(next, ops);
    process.kill(daemon.pid, "SIGHUP");
    await expect.poll(() => status(shop.token), SOON).toBe(401);
    expect(await status(next.token)).toBe(200);
    for (const { token } of [shop, next, ops, prometheus]) expect(daemon.log).not.toContain(token);
  },
);

test(
  "what keeps the CLI from a daemon elsewhere is said, and what needs this machine refuses",
  { timeout: 120_000 },
  async () => {
    const { url, port, path, as } = await start();
    const { port: securePort, certificate } = await startTls(port);
    const secure = `https://localhost:${securePort}`;
    const trusting = { NODE_EXTRA_CA_CERTS: certificate, COMBOT_TOKEN_FILE: path("shop.token") };
    expect(await runCli(["classify", "parcel", "--url", `${secure}/`], { env: trusting })).toMatchObject({ status: 0 });

    const closed = await freePort();
    const shopToken = ["--token-file", path("shop.token")];
    const failures: readonly (readonly [args: readonly string[], status: number, told: string])[] = [
      [["--url", secure, ...shopToken], 3, "is of nobody that this machine trusts"],
      [["--url", `https://127.0.0.1:${port}`, ...shopToken], 3, "speaks no TLS"],
      [["--url", `http://127.0.0.1:${closed}`, ...shopToken], 3, `Nobody listens on 127.0.0.1:${closed}`],
      [["--url", "http://nowhere.invalid", ...shopToken], 3, "nowhere.invalid"],
      [["--url", url], 2, "UNAUTHORIZED"],
      [["--url", "127.0.0.1:8181"], 2, "give http://HOST:PORT"],
      [["--url", "http://u:geheim@127.0.0.1"], 2, "no user or password belongs in it"],
      [["--url", url, "--socket", "/a/b.sock"], 2, "--socket"],
      [["--url", url, "--token-file", "/nowhere"], 2, "--token-file /nowhere: there is no such file"],
      [shopToken, 2, "--token-file goes with --url"],
    ];
    const ended = await Promise.all(failures.map(([args]) => runCli(["classify", "parcel", ...args])));
    for (const [at, [args, status, told]] of failures.entries()) {
      const { stderr, status: found } = ended[at]!;
      expect([args, found, stderr]).toEqual([args, status, expect.stringContaining(told)]);
      expect(stderr).not.toMatch(/geheim|^ {4}at /m);
    }
    const here = [
      "doctor",
      "report --yes",
      "logs",
      "model eval /dev/null",
      "config --check /dev/null",
      "model use ./here",
    ];
    for (const line of here) {
      const { status, stderr } = await as("shop", line);
      expect([line, status, stderr]).toEqual([line, 2, expect.stringMatching(/machine/)]);
    }
  },
);

/** TLS before a daemon, as a proxy has it, with a certificate that nobody has signed. */
async function startTls(port: number): Promise<{ port: number; certificate: string }> {
  const folder = temporaryFolder();
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...named, "-keyout", key, "-out", certificate], {
    stdio: "ignore",
  });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (asked, reply) => {
    const { method, url: path, headers } = asked;
    const passed = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    asked.pipe(passed);
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => server.close().closeAllConnections());
  return { port: (server.address() as AddressInfo).port, certificate };
}
