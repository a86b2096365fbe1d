import { isAbsolute, resolve } from "node:path";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../../lib/cli/client-command.ts";
import { CombotError } from "../../lib/errors.ts";
import type { ModelUseReply } from "../../lib/protocol/model.ts";
import { renderModelUse } from "../../lib/render/model-use.ts";

export default class ModelUse extends ClientCommand {
  static override summary = "Serve another model, without a failed request.";
  static override description = `Loads the new model beside the old one, has it answer a text, sends new texts to it and ends the old one. A model that can't be read, loaded or asked leaves the old one serving: exit 4, with the reason; so do two models that don't fit into memory together, with the arithmetic, unless --in-turn unloads the old one first.

The choice outlives a restart of the daemon, until --default goes back to what the settings name. The daemon must be able to read the folder, and serves from a copy of it: what becomes of the folder changes nothing until the next model use. Takes the control socket.`;
  static override examples = [
    {
      description: "Check it, then serve it.",
      command: "<%= config.bin %> model check ./my-model && <%= config.bin %> <%= command.id %> ./my-model",
    },
    {
      description: "Where memory holds one at a time.",
      command: "<%= config.bin %> <%= command.id %> ./my-model --in-turn",
    },
    {
      description: "Another of the model files that lie there.",
      command: "<%= config.bin %> <%= command.id %> ./my-model --file model_fp16.onnx",
    },
    { description: "Back to the one of the settings.", command: "<%= config.bin %> <%= command.id %> --default" },
  ];

  static override args = {
    dir: Args.string({ description: "The model's folder, or its file there.", ignoreStdin: true }),
  };

  static override flags = {
    default: Flags.boolean({ description: "The model that the settings name (COMBOT_MODEL_DIR, or the bundled one)." }),
    file: Flags.string({
      description: "Which of several model files. Default: the fastest on the daemon's CPU.",
      helpValue: "NAME",
      exclusive: ["default"],
    }),
    "in-turn": Flags.boolean({ description: "Unload the old model before the new one loads; texts wait meanwhile." }),
    timeout: timeoutFlag("none but the daemon's MODEL_LOAD_TIMEOUT"),
  };

  async run(): Promise<ModelUseReply> {
    const { args, flags } = await this.parse(ModelUse);
    const isNamed = args.dir !== undefined;
    if (flags.default ? isNamed : !isNamed) throw new CombotError("USAGE", "Give either a folder or --default.");
    if (this.isElsewhere && isNamed && !isAbsolute(args.dir ?? ""))
      throw new CombotError("USAGE", "With a URL give the folder's absolute path, as it is on the daemon's machine.");
    // The daemon's working folder is not this shell's.
    const which = args.dir === undefined ? ({ default: true } as const) : { dir: resolve(args.dir) };
    const body = {
      ...which,
      ...(flags.file !== undefined && { file: flags.file }),
      ...(flags["in-turn"] && { inTurn: true }),
    };
    const work = this.client(flags.socket).call("modelUse", { body, timeoutMs: toMs(flags.timeout) });
    const words = `Switching to ${args.dir === undefined ? "the default model" : resolve(args.dir)}`;
    const reply = await this.waitFor(words, work);
    this.print(renderModelUse(reply));
    return reply;
  }
}
