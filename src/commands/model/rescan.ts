import { ClientCommand } from "../../lib/cli/client-command.ts";
import { terminalPaint } from "../../lib/cli/terminal-paint.ts";
import type { RescanReply } from "../../lib/protocol/models.ts";
import { renderRescan } from "../../lib/render/models.ts";

const EXIT_SOME_FAILED = 4;

export default class ModelRescan extends ClientCommand {
  static override summary = "Look at COMBOT_MODELS_DIR again, and serve what is new or has changed.";
  static override description = `Opens the folders that are new, opens those anew whose content has changed, and lets those go that are gone; what was asked of them before is answered. Exits with 4 if a folder can't be served: what it held before goes on being served. Takes the control socket.`;
  static override examples = [
    {
      description: "After a model was copied there.",
      command: "<%= config.bin %> <%= command.id %>",
    },
  ];

  async run(): Promise<RescanReply> {
    const { flags } = await this.parse(ModelRescan);
    const work = this.client(flags.socket).call("modelsRescan");
    const reply = await this.waitFor("Reading the models", work);
    if (reply.failed.length > 0) process.exitCode = EXIT_SOME_FAILED;
    this.print(renderRescan(reply, await terminalPaint(process.stdout, process.env)));
    return reply;
  }
}
