import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import type { PrivateDaemonOptions } from "../../scripts/support/private-daemon.ts";
import { freePort } from "../../scripts/support/free-port.ts";

export const LISTEN_TOKEN = "a-token-of-this-test-0123456789-0123456789";
export const LISTEN_HOST = "bot.example.com";

/** Settings of a daemon that listens on loopback, with a token in the folder. */
export function listenSettings(port: number, folder: string): Record<string, string> {
  const token = join(folder, "token");
  writeFileSync(token, LISTEN_TOKEN);
  chmodSync(token, 0o600);
  return { COMBOT_LISTEN: `127.0.0.1:${port}`, COMBOT_TOKEN_FILE: token, COMBOT_HOSTS: LISTEN_HOST };
}

/** A daemon that listens on a free port of loopback as well. @param folder where the token is kept. */
export async function startListening(
  folder: string,
  { env, ...options }: PrivateDaemonOptions = {},
  port?: number,
): Promise<{ readonly daemon: PrivateDaemon; readonly port: number }> {
  const chosen = port ?? (await freePort());
  const daemon = await PrivateDaemon.start({ ...options, env: { ...env, ...listenSettings(chosen, folder) } });
  return { daemon, port: chosen };
}
