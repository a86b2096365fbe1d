import * as Args from "@oclif/core/args";
import { ClientCommand } from "../../lib/cli/client-command.ts";
import type { ModelRow } from "../../lib/protocol/models.ts";
import { renderPin } from "../../lib/render/models.ts";

export default class ModelPin extends ClientCommand {
  static override summary = "Keep a model loaded: others never take its room.";
  static override description = `A pinned model is loaded with the next start or text, and is then ended neither to make room for another one nor for being idle; only an emergency of memory ends it. It outlives a restart, and comes before what the model's combot.json says. Takes the control socket.`;
  static override examples = [
    { description: "The one that must never be waited for.", command: "<%= config.bin %> <%= command.id %> intents" },
  ];

  static override args = {
    name: Args.string({
      description: "The model's name; default is the one without a name.",
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<ModelRow> {
    const { args, flags } = await this.parse(ModelPin);
    const reply = await this.client(flags.socket).call("namedPin", { params: { name: args.name } });
    this.print(renderPin(reply));
    return reply;
  }
}
