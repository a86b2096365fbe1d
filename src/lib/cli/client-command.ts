import * as Flags from "@oclif/core/flags";
import type { ArgInput, FlagInput, Input, OutputArgs, OutputFlags, ParserOutput } from "@oclif/core/interfaces";
import { Client } from "../client.ts";
import type { Remote } from "../client/place.ts";
import { CombotError } from "../errors.ts";
import { BaseCommand } from "./base-command.ts";
import { socketsOf, tellingOfWaits } from "./daemon-place.ts";
import { remoteFrom } from "./remote.ts";

/** A command that asks the daemon. */
export abstract class ClientCommand extends BaseCommand {
  static override baseFlags = {
    ...BaseCommand.baseFlags,
    url: Flags.string({
      description: "A daemon elsewhere, in place of a socket: http://HOST:PORT or https://HOST. Default: COMBOT_URL.",
      helpGroup: "GLOBAL",
      helpValue: "URL",
      exclusive: ["socket"],
    }),
    "token-file": Flags.string({
      description: "File with the token for --url. Default: COMBOT_TOKEN_FILE.",
      helpGroup: "GLOBAL",
      helpValue: "FILE",
    }),
  };

  /** Why it is about this machine's daemon alone, in a sentence; undefined where the daemon may be elsewhere. */
  protected readonly hereAlone: string | undefined = undefined;
  #client: Client | undefined;
  #remote: Remote | undefined;

  /** The daemon is asked over TCP, and what this machine is has nothing to do with it. */
  protected get isElsewhere(): boolean {
    return this.#remote !== undefined;
  }

  protected override async parse<
    F extends OutputFlags<FlagInput>,
    B extends OutputFlags<FlagInput>,
    A extends OutputArgs<ArgInput>,
  >(options?: Input<F, B, A>, argv?: string[]): Promise<ParserOutput<F, B, A>> {
    const output = await super.parse(options, argv);
    this.#remote = this.remoteOf(output.flags);
    return output;
  }

  /** For a command whose --url is one of its own there is none. */
  protected remoteOf(flags: Readonly<Record<string, string | undefined>>): Remote | undefined {
    const { url, "token-file": tokenFile, socket } = flags;
    if (this.hereAlone === undefined) return remoteFrom({ url, tokenFile, socket }, process.env);
    if (url !== undefined || tokenFile !== undefined) throw new CombotError("USAGE", this.hereAlone);
    return undefined;
  }

  /**
   * The client of the daemon that --url names, or of the socket that --socket, the environment or the machine does.
   * Closed when the command ends.
   */
  protected client(socket: string | undefined): Client {
    this.#client ??= new Client(
      this.#remote ?? socketsOf(socket),
      tellingOfWaits((text) => this.tell(text)),
    );
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
