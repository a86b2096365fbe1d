import { existsSync } from "node:fs";
import * as Flags from "@oclif/core/flags";
import { Client } from "../client.ts";
import { socketsToAsk, socketSurroundings } from "../config/socket-path.ts";
import { SERVICE } from "../unit-names.ts";
import { BaseCommand } from "./base-command.ts";

/** As combot deploy writes it. */
const UNIT_FILE = `/etc/systemd/system/${SERVICE}`;

/** A command that asks the daemon. */
export abstract class ClientCommand extends BaseCommand {
  #client: Client | undefined;
  #isWaitTold = false;

  /** The client of the socket that --socket, the environment or the machine names. Closed when the command ends. */
  protected client(socket: string | undefined): Client {
    const around = socketSurroundings(socket ?? process.env["COMBOT_SOCKET"] ?? null);
    this.#client ??= new Client(socketsToAsk(around), (path, forMs) => this.#tellWaiting(path, forMs));
    return this.#client;
  }

  /** At once, and once: what the wait is for, and what would end it. */
  #tellWaiting(path: string, forMs: number): void {
    if (this.#isWaitTold) return;
    this.#isWaitTold = true;
    const cure =
      existsSync("/run/systemd/system") && existsSync(UNIT_FILE) ? `sudo systemctl start ${SERVICE}` : "combot daemon";
    this.tell(`No daemon on ${path} yet, waiting ${Math.round(forMs / 1000)} s for one. Start it: ${cure}`);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#client?.close();
    await super.finally(error);
  }
}

const LONGEST_TIMEOUT_SECONDS = 86_400;

/** @param byDefault what holds without the flag, for the help. */
export function timeoutFlag(byDefault: string) {
  return Flags.integer({
    description: `Seconds a reply may take, then exit 5. Default: ${byDefault}.`,
    helpValue: "SECONDS",
    min: 1,
    max: LONGEST_TIMEOUT_SECONDS,
  });
}

export function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
