import * as Flags from "@oclif/core/flags";
import { Client } from "../client.ts";
import { socketsToAsk, socketSurroundings } from "../config/socket-path.ts";
import { BaseCommand } from "./base-command.ts";

/** A command that asks the daemon. */
export abstract class ClientCommand extends BaseCommand {
  #client: Client | undefined;

  /** The client of the socket that --socket, the environment or the machine names. Closed when the command ends. */
  protected client(socket: string | undefined): Client {
    const around = socketSurroundings(socket ?? process.env["COMBOT_SOCKET"] ?? null);
    this.#client ??= new Client(socketsToAsk(around));
    return this.#client;
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
