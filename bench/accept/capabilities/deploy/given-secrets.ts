import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { postgresCommands } from "../../../../scripts/support/private-postgres.ts";
import type { DeployedMachine } from "../../../../test/support/deploy/deployed-machine.ts";

const CREDENTIALS = "/etc/combot/credentials";
const SETTINGS = "/etc/combot/combot.env";
const FOLDER = "/srv/postgres";
const POSTGRES_PORT = 5433;
const POSTGRES_UNIT = "postgres-of-this-machine";
const LIMIT_MS = 30_000;

/** As long and as random as those that deploy makes. */
function secret(): string {
  return randomBytes(32).toString("base64url");
}

/** Deployed with a token and with a webhook that nobody answers, whose path is a secret. @returns the secrets. */
export async function giveTokenAndWebhook(it: DeployedMachine): Promise<readonly string[]> {
  const [token, path] = [secret(), secret()];
  it.machine.write(`${CREDENTIALS}/token`, `${token}\n`, 0o600);
  it.machine.write(`${CREDENTIALS}/webhook`, `http://127.0.0.1:9/hooks/${path}\n`, 0o600);
  const more = "COMBOT_LISTEN=127.0.0.1:8090\nCOMBOT_TOKEN_FILE=token\nALERT_WEBHOOK_URL_FILE=webhook\nALERT_AFTER=0\n";
  it.machine.write(SETTINGS, it.machine.read(SETTINGS) + more);
  await deployed(it);
  return [token, path];
}

/** Deployed with a Postgres of the machine's own for the journal, with a password in its URL. @returns the password. */
export async function givePostgres(it: DeployedMachine): Promise<string> {
  const password = secret();
  await startPostgres(it, password);
  const file = `${FOLDER}.url`;
  it.machine.write(file, `postgres://combot:${password}@127.0.0.1:${POSTGRES_PORT}/postgres\n`, 0o600);
  await deployed(it, "--database-file", file);
  await it.machine.sh("rm", file);
  return password;
}

async function deployed(it: DeployedMachine, ...args: string[]): Promise<void> {
  const { status, stderr } = await it.deploy(...args);
  if (status !== 0) throw new Error(`the deploy failed: ${stderr}`);
}

async function startPostgres({ machine }: DeployedMachine, password: string): Promise<void> {
  const commands = postgresCommands();
  if (commands === undefined) throw new Error("Postgres is not installed: apt-get install postgresql");
  const [data, file] = [`${FOLDER}/data`, `${FOLDER}/password`];
  await machine.sh("install", "-d", "-o", "postgres", "-g", "postgres", FOLDER);
  machine.write(file, password, 0o600);
  await machine.sh("chown", "postgres:postgres", file);
  const asPostgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"];
  const auth = ["--auth-local=trust", "--auth-host=scram-sha-256", "-U", "combot", "--pwfile", file];
  await machine.sh(...asPostgres, `${commands}/initdb`, ...auth, "--no-sync", "-D", data);
  await machine.sh("rm", file);
  const settings = [`port=${POSTGRES_PORT}`, `unix_socket_directories=${FOLDER}`, "listen_addresses=127.0.0.1"];
  const options = settings.flatMap((setting) => ["-c", setting]);
  const unit = ["systemd-run", "--quiet", `--unit=${POSTGRES_UNIT}`, "--uid=postgres"];
  await machine.sh(...unit, `${commands}/postgres`, "-D", data, ...options);
  const socket = machine.path(`${FOLDER}/.s.PGSQL.${POSTGRES_PORT}`);
  for (const limit = performance.now() + LIMIT_MS; !existsSync(socket); await delay(50))
    if (performance.now() > limit)
      throw new Error(`Postgres did not come up:\n${await machine.journal(POSTGRES_UNIT)}`);
}
