import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import type { RecycleReply } from "../lib/protocol/process.ts";
import { renderRecycles } from "../lib/render/recycling.ts";

const EXIT_FAILED = 4;

export default class Recycle extends ClientCommand {
  static override summary = "Replace a worker, or all of them in turn, without a failed request.";
  static override description = `Each replacement is loaded before the old process ends. Shows for each slot the time until the replacement served and the memory that the old process gave back. Exits with 4 if one could not be replaced. Takes the control socket.`;
  static override examples = [
    { description: "All workers, one after another.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "One worker.", command: "<%= config.bin %> <%= command.id %> --slot 0" },
    { description: "Start it and don't wait.", command: "<%= config.bin %> <%= command.id %> --no-wait" },
  ];

  static override flags = {
    slot: Flags.integer({ description: "The worker's slot, from 0. Default: all, in turn.", min: 0, helpValue: "N" }),
    wait: Flags.boolean({ description: "Wait until the replacements serve.", default: true, allowNo: true }),
    timeout: timeoutFlag("none; a worker may take MODEL_LOAD_TIMEOUT"),
  };

  async run(): Promise<RecycleReply> {
    const { flags } = await this.parse(Recycle);
    const work = this.client(flags.socket).call("recycle", {
      body: flags.slot === undefined ? {} : { slot: flags.slot },
      ...(flags.wait ? { query: { wait: "true" } } : {}),
      timeoutMs: toMs(flags.timeout),
    });
    const reply = await this.waitFor("Recycling", work);
    if (reply.recycles.some(({ error }) => error !== undefined)) process.exitCode = EXIT_FAILED;
    this.print(renderRecycles(reply));
    return reply;
  }
}
