import { statSync } from "node:fs";
import { resolve } from "node:path";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../../lib/cli/client-command.ts";
import { partFlag } from "../../lib/cli/share-flag.ts";
import { terminalPaint } from "../../lib/cli/terminal-paint.ts";
import { CombotError } from "../../lib/errors.ts";
import { MODEL_NAME } from "../../lib/model-name.ts";
import type { ShadowReply } from "../../lib/protocol/shadow.ts";
import { renderShadow } from "../../lib/render/shadow.ts";

const SHARE = 0.1;

export default class ModelShadow extends ClientCommand {
  static override summary = "Try a candidate behind live traffic: nobody gets its answers, you get how it does.";
  static override description = `With a folder, or the name of a model of COMBOT_MODELS_DIR, the candidate begins: after those who ask have their answers, it answers a share of the same texts, while nothing waits and memory is at the level normal. It delays and changes no answer, and its process is the first to go when memory is wanted; then it comes back by itself.

Without either it tells how often the two agree, by label of the live model and where they differ most, with their latency and memory; and which texts were passed over. Texts are shown only with JOURNAL_TEXT=on.

It goes on until --stop, until the live model is another one, or until the daemon ends: its figures are in memory alone. To serve the candidate afterwards: combot model use. Takes the control socket.`;
  static override examples = [
    {
      description: "A tenth of the texts.",
      command: "<%= config.bin %> <%= command.id %> /srv/models/new --share 10%",
    },
    { description: "How it does.", command: "<%= config.bin %> <%= command.id %>" },
    {
      description: "It is good enough.",
      command: "<%= config.bin %> <%= command.id %> --stop && <%= config.bin %> model use /srv/models/new",
    },
    {
      description: "For a script.",
      command: "<%= config.bin %> <%= command.id %> --json | jq '.shadow.texts | .agreed / .compared'",
    },
  ];

  static override args = {
    candidate: Args.string({
      description: "The candidate's folder, or its name in COMBOT_MODELS_DIR.",
      ignoreStdin: true,
    }),
  };

  static override flags = {
    share: partFlag("share", "Of the texts, above 0; 10% where left out."),
    model: Flags.string({
      description: "The model that it is held against, by its name. Default: the one without a name.",
      helpValue: "NAME",
    }),
    stop: Flags.boolean({ description: "End it, and tell how it did." }),
    timeout: timeoutFlag("none but the daemon's MODEL_LOAD_TIMEOUT"),
  };

  async run(): Promise<ShadowReply> {
    const { args, flags } = await this.parse(ModelShadow);
    const { candidate } = args;
    const { stop, share, model, socket } = flags;
    if (stop && candidate !== undefined) throw new CombotError("USAGE", "Give either a candidate or --stop.");
    if (candidate === undefined && (share !== undefined || model !== undefined))
      throw new CombotError("USAGE", "--share and --model go with a candidate.");
    const client = this.client(socket);
    const timeoutMs = toMs(flags.timeout);
    if (candidate === undefined) {
      const reply = await client.call(stop ? "shadowStop" : "shadow", { timeoutMs });
      this.print(renderShadow(reply, await terminalPaint(process.stdout, process.env)));
      return reply;
    }
    const body = { ...which(candidate), ...(model !== undefined && { model }), share: share ?? SHARE };
    const work = client.call("shadowStart", { body, query: { wait: "true" }, timeoutMs });
    const reply = await this.waitFor(`Loading ${candidate} behind ${model ?? "the default model"}`, work);
    this.print(renderShadow(reply, await terminalPaint(process.stdout, process.env)));
    return reply;
  }
}

/** What lies here is a folder; a name of nothing that lies here is one of a model. */
function which(candidate: string): { readonly dir: string } | { readonly name: string } {
  const isHere = statSync(candidate, { throwIfNoEntry: false }) !== undefined;
  // The daemon's working folder is not this shell's.
  return isHere || !MODEL_NAME.test(candidate) ? { dir: resolve(candidate) } : { name: candidate };
}
