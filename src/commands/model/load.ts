import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../../lib/cli/client-command.ts";
import type { LoadReply } from "../../lib/protocol/model.ts";
import { renderLoad } from "../../lib/render/recycling.ts";

const EXIT_NOT_READY = 4;

export default class ModelLoad extends ClientCommand {
  static override summary = "Load the model on every worker that has none.";
  static override description = `Starts the worker of each stopped slot. Exits with 4 if one of them did not get ready. Takes the control socket.`;
  static override examples = [
    { description: "Load, and wait until it serves.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "Start it and don't wait.", command: "<%= config.bin %> <%= command.id %> --no-wait" },
  ];

  static override flags = {
    wait: Flags.boolean({ description: "Wait until the model serves.", default: true, allowNo: true }),
    timeout: timeoutFlag("none but the daemon's MODEL_LOAD_TIMEOUT"),
  };

  async run(): Promise<LoadReply> {
    const { flags } = await this.parse(ModelLoad);
    const query = flags.wait ? { query: { wait: "true" as const } } : {};
    const work = this.client(flags.socket).call("modelLoad", { ...query, timeoutMs: toMs(flags.timeout) });
    const reply = await this.waitFor("Loading the model", work);
    const isReady = reply.started.every((slot) => reply.ready.includes(slot));
    if (flags.wait && !isReady) process.exitCode = EXIT_NOT_READY;
    this.print(renderLoad(reply, flags.wait));
    return reply;
  }
}
