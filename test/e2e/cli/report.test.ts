import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { finish, HAS_TERMINALS, requireBuild, runCli, startCliOnTerminal } from "./cli-process.ts";

beforeAll(requireBuild);

/** Long enough that no folder's random name holds it by chance. */
const MARK = "Q7wZ9";
const PASSWORD = "pw-Q7wZ9-redis-never-tell";
const TOKEN = "tok-Q7wZ9-user-0123456789abcdef0123456789abcdef";
const ADMIN_TOKEN = "tok-Q7wZ9-admin-0123456789abcdef0123456789abcdef";
const HOOK = "/services/T0Q7wZ9/B1Q7wZ9/x9never";
const TEXTS = ["where-is-my-parcel-Q7wZ9zebra", "card-declined-Q7wZ9giraffe 🙈", "x-Q7wZ9ostrich"];
const USER = "user-Q7wZ9-4711";

interface Unpacked {
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
}

function unpack(archive: string): Unpacked {
  const folder = temporaryFolder();
  execFileSync("tar", ["--extract", "--gzip", "--file", archive, "--directory", folder]);
  const [top = ""] = readdirSync(folder);
  const names = readdirSync(join(folder, top));
  return {
    folder: top,
    files: Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, top, name), "utf8")])),
  };
}

/** A daemon with every kind of secret there is, that was asked and provoked. */
async function startSecretive(): Promise<{ daemon: PrivateDaemon; env: NodeJS.ProcessEnv; log: string }> {
  const redis = await RedisServer.start({ password: PASSWORD });
  onTestFinished(() => redis.end());
  const secrets = temporaryFolder();
  const file = (name: string, content: string): string => {
    const path = join(secrets, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const env = {
    REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${redis.port}`,
    COMBOT_TOKEN_FILE: file("token", TOKEN),
    COMBOT_ADMIN_TOKEN_FILE: file("admin", ADMIN_TOKEN),
    COMBOT_LISTEN: "127.0.0.1:0",
    ALERT_WEBHOOK_URL_FILE: file("hook", `https://127.0.0.1:9${HOOK}`),
    LOG_LEVEL: "trace",
  };
  const daemon = await PrivateDaemon.start({ env });
  onTestFinished(() => daemon.stop().then(() => undefined));
  return { daemon, env, log: join(secrets, "daemon.log") };
}

test(
  "one archive, in which no secret, no text that was sent and no name of the machine is found",
  { timeout: 120_000 },
  async () => {
    const { daemon, env, log } = await startSecretive();
    await daemon.json("POST", "/api/classify/", { texts: TEXTS, user: USER });
    await daemon.json("POST", "/api/classify/", { text: TEXTS[0], user: USER, noCache: true });
    // Broken calls, of which whoever reads JSON quotes the beginning.
    await daemon.ask("POST", "/api/classify/", { text: [TEXTS[0]], user: USER, labels: TEXTS });
    await daemon.ask("GET", `/api/cache/product/${TEXTS[2]}/`);
    await daemon.ask("POST", "/api/process/recycle/?wait=true", {});
    // What a fault in combot, or in a library, might write.
    const slips = [
      JSON.stringify({
        level: "error",
        msg: "a slip",
        text: TEXTS[0],
        err: { user: USER, message: `as ${ADMIN_TOKEN}` },
      }),
      JSON.stringify({
        level: "error",
        msg: `WRONGPASS ${PASSWORD}, redis://:${PASSWORD}@h, hook ${HOOK}, on ${hostname()}`,
      }),
      `Error: ${TEXTS[1]}`,
    ];
    writeFileSync(log, `${daemon.log}\n${slips.join("\n")}\n`);

    const archive = join(temporaryFolder(), "report.tar.gz");
    const args = ["report", "--yes", "--output", archive, "--log", log, "--socket", daemon.socketPath];
    const { status, stdout, stderr } = await runCli(args, { env });
    // Where it takes longer than a second it says what it does.
    expect({ status, stderr: stderr.replace("Looking around …\n", "") }).toEqual({ status: 0, stderr: "" });
    expect(statSync(archive).mode & 0o777).toBe(0o600);

    const { folder, files } = unpack(archive);
    expect(folder).toMatch(/^combot-report-\d{8}-\d{6}$/);
    expect(Object.keys(files).toSorted()).toEqual(
      [
        "README.txt",
        "alerts.json",
        "cache.json",
        "decisions.json",
        "doctor.json",
        "health.json",
        "history.json",
        "log.txt",
      ].concat([
        "machine.json",
        "memory.json",
        "metrics.json",
        "processes.json",
        "redis.json",
        "settings.json",
        "versions.json",
      ]),
    );
    const whole = `${Object.values(files).join("\n")}\n${stdout}`;
    const wanted = [PASSWORD, TOKEN, ADMIN_TOKEN, HOOK, USER, ...TEXTS.flatMap((text) => [text, text.split(" ")[0]!])];
    for (const secret of wanted) expect(whole, secret).not.toContain(secret);
    expect(whole).not.toContain(MARK);
    if (hostname().length > 3) expect(whole).not.toMatch(new RegExp(String.raw`\b${hostname()}\b`));

    // And it says what somebody who helps wants to know.
    for (const [name, text] of Object.entries(files)) expect(text, name).not.toMatch(/^not known:/);
    expect(JSON.parse(files["versions.json"]!)).toMatchObject({ node: process.versions.node });
    expect(JSON.parse(files["health.json"]!)).toMatchObject({ status: "ok" });
    expect(JSON.parse(files["redis.json"]!)).toMatchObject({ state: "up" });
    expect(JSON.parse(files["processes.json"]!)).toMatchObject({ daemon: { pid: daemon.pid } });
    expect(files["settings.json"]).toContain("REDIS_URL");
    expect(files["log.txt"]!.split("\n").length).toBeGreaterThan(5);
  },
);

describe("without a daemon", () => {
  test("it is an archive all the same, whose parts say why they are empty", { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const archive = join(folder, "r.tar.gz");
    const socket = join(folder, "nobody.sock");
    const { status, stdout } = await runCli(["report", "--yes", "--output", archive, "--socket", socket, "--json"]);
    expect(status).toBe(0);
    const { file, bytes, parts } = JSON.parse(stdout) as { file: string; bytes: number; parts: unknown[] };
    expect({ file, bytes, parts: parts.length }).toEqual({ file: archive, bytes: statSync(archive).size, parts: 15 });
    const { files } = unpack(archive);
    expect(files["health.json"]).toMatch(/^not known: .*nobody\.sock/);
    expect(JSON.parse(files["settings.json"]!)).toMatchObject({ from: "here" });
    expect(JSON.parse(files["versions.json"]!)).toMatchObject({ daemon: null });
  });

  test("--show writes nothing, and a file that is there is left alone", { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const archive = join(folder, "r.tar.gz");
    const args = ["report", "--output", archive, "--socket", join(folder, "nobody.sock")];
    const shown = await runCli([...args, "--show"]);
    expect(shown).toMatchObject({ status: 0 });
    expect(shown.stdout).toContain("── versions.json");
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(archive);
    const refused = await runCli([...args, "--yes"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("it is there already");
  });

  test("no terminal to ask is said before anything is written", { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const { status, stderr } = await runCli(["report", "--socket", join(folder, "nobody.sock")], {
      env: { HOME: folder },
    });
    expect(status).toBe(2);
    expect(stderr).toContain("pass --yes");
  });
});

test.runIf(HAS_TERMINALS)(
  "on a terminal it shows what there is, asks, and writes when it is told to",
  { timeout: 60_000 },
  async () => {
    const folder = temporaryFolder();
    const archive = join(folder, "r.tar.gz");
    const answered = async (answer: string): Promise<string> => {
      const child = startCliOnTerminal(["report", "--output", archive, "--socket", join(folder, "nobody.sock")]);
      let shown = "";
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        shown += text;
        if (text.includes("[y/N]")) child.stdin?.write(`${answer}\n`);
      });
      await finish(child);
      return shown;
    };
    const left = await answered("n");
    expect(left).toContain("── machine.json");
    expect(left).toContain("Nothing was written.");
    expect(readdirSync(folder)).toEqual([]);
    expect(await answered("y")).toContain("is written");
    expect(Object.keys(unpack(archive).files)).toContain("machine.json");
  },
);
