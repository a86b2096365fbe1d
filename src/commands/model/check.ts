import { statSync } from "node:fs";
import { resolve } from "node:path";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { CombotError } from "../../lib/errors.ts";
import type { ModelCheckReport } from "../../lib/protocol/model.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

interface AskedCheck {
  readonly dir: string;
  readonly file: string | undefined;
  readonly texts: readonly string[];
}

const TIMEOUT_SECONDS = 600;
/** A check that is over sooner tells no story. */
const QUIET_MS = 1000;

export default class ModelCheck extends BaseCommand {
  static override summary = "Tell whether a model can be served, and what a worker takes with it.";
  static override description = `Takes a folder (or the model file in one) as optimum-cli export onnx writes it: config.json, tokenizer.json, and model.onnx or another form of it (model_quantized.onnx, model_fp16.onnx …), there or in onnx/. Reads it, tries its file alone and in batches and prepares its weights as the daemon does, loads into a worker process of its own what the daemon's workers would load, classifies a text and measures the process. Needs no daemon and changes nothing in one.

Exits with 4 and the reason if the model can't be served.`;
  static override examples = [
    { description: "Before you serve it.", command: "<%= config.bin %> <%= command.id %> ./my-model" },
    {
      description: "What it makes of texts of yours.",
      command: '<%= config.bin %> <%= command.id %> ./my-model "Where is my parcel?" "bye"',
    },
    {
      description: "Another of the files there.",
      command: "<%= config.bin %> <%= command.id %> ./my-model/model_fp16.onnx",
    },
    {
      description: "What a worker takes.",
      command: '<%= config.bin %> <%= command.id %> ./my-model --json | jq ".worker.memory.pssBytes"',
    },
  ];

  static override strict = false;
  static override args = {
    dir: Args.string({ description: "The model's folder.", required: true, ignoreStdin: true }),
    text: Args.string({ description: "Texts to classify. Default: one of combot's own.", ignoreStdin: true }),
  };

  static override flags = {
    file: Flags.string({
      description: "Which of several model files. Default: the fastest on this CPU.",
      helpValue: "NAME",
    }),
    timeout: Flags.integer({
      description: `Seconds the check may take, then exit 5. Default: ${TIMEOUT_SECONDS}, longer on a slow machine.`,
      min: 1,
      helpValue: "SECONDS",
    }),
  };

  async run(): Promise<ModelCheckReport> {
    const { argv, args, flags } = await this.parse(ModelCheck);
    const dir = resolve(args.dir);
    const found = statSync(dir, { throwIfNoEntry: false });
    if (!found) throw new CombotError("USAGE", `There is no folder ${dir}.`);
    if (!found.isDirectory() && !dir.endsWith(".onnx"))
      throw new CombotError("USAGE", `${dir} is no folder: give the model's folder, or its .onnx file.`);
    const texts = argv.slice(1).map(String);
    const timeoutMs = flags.timeout === undefined ? undefined : flags.timeout * 1000;
    const report = await this.#check({ dir, file: flags.file, texts }, timeoutMs);
    if (!this.jsonEnabled()) this.print(await toText(report));
    return report;
  }

  async #check(asked: AskedCheck, timeoutMs = hangLimitMs(TIMEOUT_SECONDS * 1000)): Promise<ModelCheckReport> {
    const { runModelCheck } = await import("../../lib/cli/model-check.ts");
    let [stage, isLong] = ["starting", false];
    let told = "";
    const tell = (): void => {
      if (stage !== told) this.tell(`${stage} …`);
      told = stage;
    };
    const timer = setTimeout(() => {
      isLong = true;
      tell();
    }, QUIET_MS);
    const onStage = (next: string): void => {
      stage = next;
      if (isLong) tell();
    };
    return runModelCheck({ ...asked, timeoutMs, onStage }).finally(() => clearTimeout(timer));
  }
}

async function toText(report: ModelCheckReport): Promise<string> {
  const [{ renderModelCheck }, { terminalPaint }] = await Promise.all([
    import("../../lib/render/model-check.ts"),
    import("../../lib/cli/terminal-paint.ts"),
  ]);
  return renderModelCheck(report, await terminalPaint(process.stdout, process.env));
}
