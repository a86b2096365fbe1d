import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { listenOnTcp } from "../../../../src/daemon/wiring/tcp-listener.ts";
import { loadSettings } from "../../../../src/lib/config/load.ts";
import { temporaryFolder } from "../../../support/temporary.ts";
import { recordingServices } from "./recording-services.ts";
import type { Recorded } from "./recording-services.ts";
import type { Place } from "./wire.ts";

export const TOKEN = "user-token-0123456789-0123456789-0123";
export const ADMIN_TOKEN = "admin-token-0123456789-0123456789-012";

export interface TcpApi {
  readonly place: Exclude<Place, string>;
  readonly calls: readonly Recorded[];
  readonly logLines: readonly string[];
}

/** The TCP listener as the daemon opens it, with tokens from files, on a port that the kernel chose. */
export async function startTcpApi(env: Readonly<Record<string, string>> = {}): Promise<TcpApi> {
  const folder = temporaryFolder();
  const tokens = {
    COMBOT_TOKEN_FILE: secret(join(folder, "token"), TOKEN),
    COMBOT_ADMIN_TOKEN_FILE: secret(join(folder, "admin-token"), ADMIN_TOKEN),
  };
  const machine = { cores: 2, memoryBytes: 8 * 2 ** 30 };
  const { settings } = loadSettings({
    env: { ...tokens, COMBOT_LISTEN: "127.0.0.1:0", COMBOT_STATE_DIR: folder, ...env },
    machine,
  });
  const { services, calls } = recordingServices();
  const logLines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void logLines.push(line) });
  const listener = await listenOnTcp(undefined, settings, services, log);
  if (!listener) throw new Error("COMBOT_LISTEN is off");
  onTestFinished(async () => {
    listener.app.server.closeAllConnections();
    await listener.app.close();
  });
  const [host = "", port] = listener.address.split(":");
  return { place: { host, port: Number(port) }, calls, logLines };
}

function secret(path: string, value: string): string {
  writeFileSync(path, value);
  chmodSync(path, 0o600);
  return path;
}
