import { ClientCommand } from "../../lib/cli/client-command.ts";
import { terminalPaint } from "../../lib/cli/terminal-paint.ts";
import type { ModelsReply } from "../../lib/protocol/models.ts";
import { renderModels } from "../../lib/render/models.ts";

export default class ModelList extends ClientCommand {
  static override summary = "The models that are served by their names, and how each stands.";
  static override description = `The default one, and those of COMBOT_MODELS_DIR: whether a model is loaded, what its workers take, what one more would, how often it was loaded and ended for others, and what is wrong with one that can't be served.`;
  static override examples = [
    { description: "Look.", command: "<%= config.bin %> <%= command.id %>" },
    {
      description: "Those that can't be served, for a script.",
      command: `<%= config.bin %> <%= command.id %> --json | jq '.models[] | select(.state == "failed") | .name'`,
    },
  ];

  async run(): Promise<ModelsReply> {
    const { flags } = await this.parse(ModelList);
    const reply = await this.client(flags.socket).call("models");
    this.print(renderModels(reply, await terminalPaint(process.stdout, process.env)));
    return reply;
  }
}
