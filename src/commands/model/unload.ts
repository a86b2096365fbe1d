import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../../lib/cli/client-command.ts";
import type { UnloadReply } from "../../lib/protocol/model.ts";
import { renderUnload } from "../../lib/render/recycling.ts";

export default class ModelUnload extends ClientCommand {
  static override summary = "Unload the model: end every worker and give its memory back.";
  static override description = `Shows the memory of the daemon's process tree before and after, measured when the worker processes have ended. The next text loads the model again. Takes the control socket.`;
  static override examples = [
    { description: "Unload, and see what it freed.", command: "<%= config.bin %> <%= command.id %>" },
    {
      description: "The figures for a script.",
      command: '<%= config.bin %> <%= command.id %> --json | jq ".freedBytes"',
    },
  ];

  static override flags = {
    wait: Flags.boolean({ description: "Wait until the processes have ended.", default: true, allowNo: true }),
    timeout: timeoutFlag("none"),
  };

  async run(): Promise<UnloadReply> {
    const { flags } = await this.parse(ModelUnload);
    const query = flags.wait ? { query: { wait: "true" as const } } : {};
    const work = this.client(flags.socket).call("modelUnload", { ...query, timeoutMs: toMs(flags.timeout) });
    const reply = await this.waitFor("Unloading the model", work);
    this.print(renderUnload(reply, flags.wait));
    return reply;
  }
}
