import { once } from "node:events";
import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import { parseSince } from "../lib/cli/since.ts";
import { terminalPaint } from "../lib/cli/terminal-paint.ts";
import type { Client } from "../lib/client.ts";
import { jsonText } from "../lib/harmless.ts";
import type { Decision, DecisionsReply } from "../lib/protocol/decisions.ts";
import {
  type DecisionWords,
  renderDecision,
  renderDecisionHead,
  renderDecisions,
  renderMissing,
} from "../lib/render/decisions.ts";

const LIMIT = 100;
const LIMIT_FOLLOWED = 10;
const MAX_LIMIT = 1000;
/** Before all ids. */
const FIRST_ID = "0";

export default class Decisions extends ClientCommand {
  static override summary = "Show what the daemon did about memory, and why.";
  static override description = `Each recycle, unload, cleanup and change of level on a line: what was measured against which threshold, how many bytes came back and how long it took. Times are UTC. Measured and threshold are a share of memory, or the users, requests or time that a worker had served.

What people did by hand (recycle, load, unload, model use, cleanup) stands among them, with the socket or the token that they came by: whose process it was, a socket does not tell.

With --follow shows the last ones and then each as it happens, until Ctrl-C (exit 130), through restarts of the daemon; under --json a line of JSON each. Takes the control socket.`;
  static override examples = [
    { description: "The last 100.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "Of the last two hours.", command: "<%= config.bin %> <%= command.id %> --since 2h" },
    { description: "With the arithmetic.", command: "<%= config.bin %> <%= command.id %> --verbose" },
    { description: "As they happen.", command: "<%= config.bin %> <%= command.id %> --follow" },
    {
      description: "Those that freed something.",
      command: `<%= config.bin %> <%= command.id %> --json | jq ".decisions[] | select(.freedBytes > 0)"`,
    },
  ];

  static override flags = {
    since: Flags.string({
      description: "Only later ones: a time ago (30s, 15m, 2h, 3d) or RFC 3339.",
      helpValue: "TIME",
    }),
    limit: Flags.integer({
      description: `The newest N at most. Default: ${LIMIT}, with --follow ${LIMIT_FOLLOWED}.`,
      helpValue: "N",
      min: 1,
      max: MAX_LIMIT,
    }),
    verbose: Flags.boolean({ description: "The arithmetic of each as well: which room a replacement had, and so on." }),
    follow: Flags.boolean({ char: "f", description: "Go on with each as it happens." }),
    timeout: timeoutFlag("none"),
  };

  #isStream = false;

  async run(): Promise<DecisionsReply | undefined> {
    const { flags } = await this.parse(Decisions);
    const { follow, limit = follow ? LIMIT_FOLLOWED : LIMIT } = flags;
    const since = flags.since === undefined ? undefined : parseSince(flags.since, Date.now());
    const client = this.client(flags.socket);
    const query = { limit: String(limit), ...(since === undefined ? {} : { since }) };
    const reply = await client.call("decisions", { query, timeoutMs: toMs(flags.timeout) });
    if (reply.missing !== undefined) this.tell(renderMissing(reply.missing));
    if (follow) return this.#follow(client, reply.decisions, since, wordsFor(flags));
    this.print(renderDecisions(reply, await terminalPaint(process.stdout, process.env), wordsFor(flags)));
    return reply;
  }

  /** What happens between the reply and the stream is not lost: the stream begins behind the last decision shown. */
  async #follow(
    client: Client,
    shown: readonly Decision[],
    since: string | undefined,
    words: DecisionWords,
  ): Promise<undefined> {
    this.#isStream = true;
    if (!this.jsonEnabled()) {
      await this.#write(renderDecisionHead(await terminalPaint(process.stdout, process.env)));
    }
    for (const decision of shown) await this.#write(this.#lineOf(decision, words));
    const fromMs = since === undefined ? -Infinity : Date.parse(since);
    for await (const event of client.events({ lastEventId: shown.at(-1)?.id ?? FIRST_ID, reconnect: true })) {
      if (event.event === "decision" && Date.parse(event.data.at) > fromMs)
        await this.#write(this.#lineOf(event.data, words));
    }
  }

  #lineOf(decision: Decision, words: DecisionWords): string {
    return this.jsonEnabled() ? jsonText(decision) : renderDecision(decision, words);
  }

  async #write(line: string): Promise<void> {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
  }

  /** Among JSON lines a failure is a line as well. */
  protected override logJson(json: unknown): void {
    if (this.#isStream) process.stdout.write(`${jsonText(json)}\n`);
    else super.logJson(json);
  }
}

/** A terminal has a line for each. */
function wordsFor({ verbose }: { readonly verbose: boolean }): DecisionWords {
  return { isVerbose: verbose, width: process.stdout.isTTY ? process.stdout.columns : undefined };
}
