import * as Args from "@oclif/core/args";
import { ClientCommand } from "../../lib/cli/client-command.ts";
import type { ModelRow } from "../../lib/protocol/models.ts";
import { renderPin } from "../../lib/render/models.ts";

export default class ModelUnpin extends ClientCommand {
  static override summary = "Let a model go again when others want its room.";
  static override description = `It is ended for being idle and to make room, as others are. It outlives a restart, and comes before what the model's combot.json says. Takes the control socket.`;
  static override examples = [{ description: "Let it go.", command: "<%= config.bin %> <%= command.id %> intents" }];

  static override args = {
    name: Args.string({
      description: "The model's name; default is the one without a name.",
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<ModelRow> {
    const { args, flags } = await this.parse(ModelUnpin);
    const reply = await this.client(flags.socket).call("namedUnpin", { params: { name: args.name } });
    this.print(renderPin(reply));
    return reply;
  }
}
