import { setTimeout as delay } from "node:timers/promises";
import type { DeployedMachine } from "../../../../test/support/deploy/deployed-machine.ts";
import type { Line } from "../../record.ts";
import { givePostgres, giveTokenAndWebhook } from "./given-secrets.ts";
import { equals, onMachine, UNIT, untilHealthy } from "./on-machine.ts";

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const MADE = "redis-password redis-app-password redis-ops-password".split(" ");
const BACKUP = "combot-backup.service";
const BACKUPS = "/var/lib/combot/backups";
const ALERT_LIMIT_MS = 60_000;

/** Where a secret must not be, and the command that shows it. */
const PLACES: readonly (readonly [place: string, script: string])[] = [
  ["ps", "ps -eww -o args"],
  [
    "/proc/*/cmdline and environ of all processes",
    "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'",
  ],
  ["the journal", "journalctl --no-pager -o verbose"],
  ["what systemd shows of the units", "systemctl show 'combot*'; systemctl cat 'combot*'"],
  ["settings, Redis' configuration and deploy's records", "cat /etc/combot/*.* /var/lib/combot/deploy/manifest.json"],
  ["the journal's database", "cat /var/lib/combot/journal.db*"],
  ["the backups", `cat ${BACKUPS}/*/*`],
];

/** Commands whose output must not have one either. */
const COMMANDS: readonly (readonly string[])[] = [
  ["deploy", "--dry-run", "--diff", "--profile", "auto", "--redis-port", "0"],
  ["deploy", "--dry-run", "--diff", "--profile", "auto", "--redis", "off", "--json"],
  ["config", "--json"],
  ["status", "--json"],
  ["doctor", "--json"],
  ["logs", "-n", "1000"],
  ["backup", "--json"],
  ["backup", "--list", "--json"],
];

/** What another user of the machine tries. */
const ATTEMPTS: readonly (readonly [what: string, script: string])[] = [
  ["reads a credential", "cat /etc/combot/credentials/redis-password"],
  ["lists the credentials", "ls /etc/combot/credentials"],
  ["reads the settings", "cat /etc/combot/combot.env"],
  ["reads Redis' users", "cat /etc/combot/redis.acl"],
  ["reads the unit's credentials", "cat /run/credentials/combot-enhanced.service/*"],
  ["reads the journal's database", "cat /var/lib/combot/journal.db"],
  ["reads deploy's records", "ls /var/lib/combot/deploy"],
  ["connects to the user socket", "curl -sS --unix-socket /run/combot/combot.sock http://x/api/health/"],
  ["connects to the control socket", "curl -sS --unix-socket /run/combot/control.sock http://x/api/health/"],
  ["connects to Redis' socket", "redis-cli -s /run/combot-redis/redis.sock ping | grep -q PONG"],
  ["talks to Redis over TCP", "redis-cli -p 6379 ping | grep -q PONG"],
  ["logs in to Redis without a password", "redis-cli -p 6379 --user default --pass '' ping 2>/dev/null | grep -q PONG"],
];

export async function* keepsSecrets(): AsyncGenerator<Line> {
  yield* onMachine(true, async function* (it) {
    await it.combot("classify", "where is my parcel");
    const made = MADE.map((name) => it.machine.read(`/etc/combot/credentials/${name}`).trim());
    const given = await giveTokenAndWebhook(it);
    await untilHealthy(it);
    yield* backsUp(it, "the journal in SQLite", 1);
    yield equals("an alert that the webhook did not take is in the log", await alertFailed(it), true);
    const password = await givePostgres(it);
    await untilHealthy(it);
    yield* backsUp(it, "the journal in Postgres", 2);
    yield* shownNowhere(it, [...made, ...given, password]);
    yield* closedToOthers(it);
    yield* confined(it, made[1] ?? "");
  });
}

/** As the timer does it. */
async function* backsUp({ machine }: DeployedMachine, when: string, wanted: number): AsyncGenerator<Line> {
  const { status } = await machine.run(["systemctl", "start", BACKUP]);
  const result = await machine.property(BACKUP, "Result");
  yield equals(`${when}: systemctl start ${BACKUP} ends with`, `${status} ${result}`, "0 success");
  const names = await machine.sh("ls", BACKUPS);
  yield equals(`${when}: backups`, names.split("\n").length, wanted);
  const check = `cd ${BACKUPS} && for name in *; do (cd "$name" && sha256sum --quiet -c SHA256SUMS) || exit 1; done`;
  yield equals(`${when}: their sums`, (await machine.run(["sh", "-c", check])).status === 0 ? "fit" : "don't", "fit");
}

/** Redis goes and comes back, which is told at once. */
async function alertFailed(it: DeployedMachine): Promise<boolean> {
  await it.machine.sh("systemctl", "stop", "combot-redis");
  const limit = performance.now() + ALERT_LIMIT_MS;
  const said = async (): Promise<boolean> => (await it.machine.journal(UNIT)).includes("alerts could not be posted");
  let isSaid = await said();
  for (; !isSaid && performance.now() < limit; isSaid = await said()) await delay(200);
  await it.machine.sh("systemctl", "start", "combot-redis");
  return isSaid;
}

async function* shownNowhere(it: DeployedMachine, secrets: readonly string[]): AsyncGenerator<Line> {
  const count = (text: string): number => secrets.filter((secret) => text.includes(secret)).length;
  yield equals("secrets of 43 characters", secrets.filter((secret) => secret.length === 43).length, MADE.length + 3);
  for (const [place, script] of PLACES) {
    const { stdout } = await it.machine.run(["sh", "-c", script]);
    yield equals(
      `secrets in ${place} (${stdout.length > 0 ? "read" : "EMPTY"})`,
      stdout.length > 0 ? count(stdout) : -1,
      0,
    );
  }
  for (const command of COMMANDS) {
    const { stdout, stderr } = await it.combot(...command);
    yield equals(`secrets in combot ${command.join(" ")}`, stdout.length > 0 ? count(stdout + stderr) : -1, 0);
  }
}

async function* closedToOthers(it: DeployedMachine): AsyncGenerator<Line> {
  for (const [what, script] of ATTEMPTS) {
    const { status } = await it.machine.run([...NOBODY, "sh", "-c", script]);
    yield equals(`another user ${what}`, status === 0 ? "yes" : "no", "no");
  }
  const modes = await it.machine.sh("sh", "-c", "stat -c '%a %U:%G' /etc/combot/credentials/* | sort -u");
  yield equals("modes and owner of the credentials", modes, "600 root:root");
}

/** The user for other backends, with its password: its two namespaces and nothing else. */
async function* confined(it: DeployedMachine, password: string): AsyncGenerator<Line> {
  const ask = async (...command: string[]): Promise<string> => {
    // By the environment of redis-cli, so that no command line of ours has it.
    const run = { env: { REDISCLI_AUTH: password } };
    const { stdout, stderr } = await it.machine.run(
      ["redis-cli", "-p", "6379", "--user", "combot-app", ...command],
      run,
    );
    return (stdout + stderr).trim().split(" ")[0] ?? "";
  };
  yield equals("another backend writes a product", await ask("set", "combot:product:1", "x"), "OK");
  yield equals("reads what combot cached", await ask("get", "combot:ml:1:2"), "NOPERM");
  yield equals("lists the keys", await ask("keys", "*"), "NOPERM");
  yield equals("empties Redis", await ask("flushall"), "NOPERM");
  yield equals("reads its configuration", await ask("config", "get", "*"), "NOPERM");
}
