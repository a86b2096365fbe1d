import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../../lib/cli/client-command.ts";
import type { TrainAsked } from "../../lib/cli/model-train.ts";
import { CombotError } from "../../lib/errors.ts";
import type { TrainReport } from "../../lib/protocol/model-train.ts";
import { parseBytes } from "../../lib/units.ts";

const EPOCHS = 8;

export default class ModelTrain extends ClientCommand {
  static override summary = "Train a small model on labelled texts of your own.";
  static override description = `Takes a CSV file whose first line names the columns text and label (others are left alone; fields may be quoted, with line breaks), or JSON lines with these fields, with 15 texts a label or more; 5 are the least. Rows without a label are left out.

Makes a folder that combot serves: a linear model of some megabytes, with CARD.md, which has its figures on texts left out. The folder must not be there yet: it is written beside its place and renamed, whole or not at all. The same file, seed and version give the same bytes.

Runs in a process of its own at the lowest priority, on one core, within --memory; where memory runs out it goes before anything that serves. Needs no daemon but with --from-inbox, which adds the texts that were labelled in the inbox (combot inbox label) to those of the file, or takes them alone; of a text that both have the inbox's label counts.`;
  static override examples = [
    {
      description: "Train, measure on others, serve.",
      command:
        "<%= config.bin %> <%= command.id %> train.csv --out ./mine && <%= config.bin %> model eval test.csv --model ./mine && <%= config.bin %> model use ./mine",
    },
    {
      description: "With what was labelled in the inbox.",
      command: "<%= config.bin %> <%= command.id %> train.csv --from-inbox --out ./better",
    },
    {
      description: "In another language than English.",
      command: "<%= config.bin %> <%= command.id %> texte.csv --out ./meins --lexicon none",
    },
  ];

  static override args = {
    file: Args.string({
      description: "Labelled texts: FILE.csv or FILE.jsonl; may be left out with --from-inbox.",
      ignoreStdin: true,
    }),
  };

  static override flags = {
    out: Flags.string({ description: "The folder to make.", required: true, helpValue: "DIR" }),
    "from-inbox": Flags.boolean({
      description: "The labelled texts of the daemon's inbox too. Takes the control socket.",
    }),
    model: Flags.string({
      description: "With --from-inbox: whose inbox, of a model of COMBOT_MODELS_DIR. Default: the default one's.",
      helpValue: "NAME",
      dependsOn: ["from-inbox"],
    }),
    name: Flags.string({ description: "The model's name. Default: that of the folder.", helpValue: "NAME" }),
    seed: Flags.integer({ description: "Of all that is drawn.", default: 1, min: 0, max: 2 ** 31, helpValue: "N" }),
    epochs: Flags.integer({
      description: "Passes over the texts.",
      default: EPOCHS,
      min: 1,
      max: 1000,
      helpValue: "N",
    }),
    lexicon: Flags.string({
      description: 'Words by theme, one theme a line: "name: word word"; or none. Default: those of everyday English.',
      helpValue: "FILE",
    }),
    memory: Flags.string({
      description: "What it may take, then it ends. Default: half of what is available.",
      helpValue: "SIZE",
    }),
  };

  async run(): Promise<TrainReport> {
    const { args, flags } = await this.parse(ModelTrain);
    const file = args.file === undefined ? undefined : resolve(args.file);
    if (file === undefined && !flags["from-inbox"]) throw new CombotError("USAGE", "Give a file, or --from-inbox.");
    if (file !== undefined && !statSync(file, { throwIfNoEntry: false }))
      throw new CombotError("USAGE", `There is no file ${file}.`);
    const out = resolve(flags.out);
    const { lexicon } = flags;
    const report = await this.#train({
      file,
      inbox: flags["from-inbox"] ? await this.#labelled(flags) : undefined,
      out,
      name: flags.name ?? basename(out),
      seed: flags.seed,
      epochs: flags.epochs,
      lexicon: lexicon === undefined || lexicon === "none" ? lexicon : resolve(lexicon),
      mostBytes: bytesOf(flags.memory),
    });
    if (!this.jsonEnabled()) {
      const { renderModelTrain } = await import("../../lib/render/model-train.ts");
      this.print(renderModelTrain(report));
    }
    return report;
  }

  /** @throws {CombotError} `USAGE` where there is none. */
  async #labelled({
    socket,
    model,
  }: {
    readonly socket: string | undefined;
    readonly model: string | undefined;
  }): Promise<{ text: string; label: string }[]> {
    const { readInbox } = await import("../../lib/cli/inbox-pages.ts");
    const query = { which: "labelled", ...(model !== undefined && { model }) } as const;
    const { texts } = await readInbox(this.client(socket), query);
    const labelled = texts.flatMap(({ text, given }) => (given === null ? [] : [{ text, label: given }]));
    if (labelled.length > 0) return labelled;
    throw new CombotError("USAGE", "No text of the inbox has a label: combot inbox label gives them.");
  }

  async #train(asked: TrainAsked): Promise<TrainReport> {
    const [{ runModelTrain }, { LiveLine }] = await Promise.all([
      import("../../lib/cli/model-train.ts"),
      import("../../lib/cli/live-line.ts"),
    ]);
    const line = new LiveLine(process.stderr, () => performance.now());
    const onStage = (stage: string, step: string): void => {
      if (!this.jsonEnabled()) line.show(`${stage} …`, step);
    };
    try {
      return await runModelTrain(asked, onStage);
    } finally {
      line.end();
    }
  }
}

function bytesOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const bytes = parseBytes(given);
  if (bytes === undefined || bytes <= 0)
    throw new CombotError("USAGE", `--memory takes a size, such as 2G, not ${given}.`);
  return bytes;
}
