import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../../lib/cli/client-command.ts";
import type { EvalAsked } from "../../lib/cli/model-eval.ts";
import { shareFlag } from "../../lib/cli/share-flag.ts";
import { CombotError } from "../../lib/errors.ts";
import type { ModelsReply } from "../../lib/protocol/models.ts";
import type { EvalReport } from "../../lib/protocol/model-eval.ts";

/** It was measured, and is not as good as was wished. */
const EXIT_BAD = 4;
const TARGET_ACCURACY = 0.95;
/** As the protocol has it, whose file would load zod. */
const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export default class ModelEval extends ClientCommand {
  static override summary = "Measure a model on labelled texts: how right, how sure, and from which score on.";
  static override description = `Takes a CSV file whose first line names the columns text and label (others are left alone; fields may be quoted, with line breaks), or JSON lines with these fields. Rows without a label are out of scope: of none of the model's labels.

The model is opened in a process of its own, at the lowest priority and on one thread, and answers each text alone: no call is counted, cached or noted by a daemon, and a folder that does not serve yet can be measured. Without --model it is the folder of the model that the daemon serves, as it is on disk.

Tells accuracy with its 95% interval; precision, recall and F1 by label; what is mixed up, with texts; whether scores are honest; how much is answered from a score on, and how right that is; the score that reaches --target-accuracy. With --compare, whether one of two models is better by more than chance (McNemar).

With --fit a temperature and thresholds are fitted, judged on rows that they have not seen, and written into the model's combot.json; combot model use takes them up.

Exits with 4 where --min-accuracy or --no-worse is missed.`;
  static override examples = [
    {
      description: "A folder that does not serve yet.",
      command: "<%= config.bin %> <%= command.id %> rows.csv --model ./new",
    },
    {
      description: "It serves only where it is no worse than what serves.",
      command:
        "<%= config.bin %> <%= command.id %> rows.csv --model ./new --compare ./old --no-worse && <%= config.bin %> model use ./new",
    },
    {
      description: "Honest scores, and the thresholds from which on 19 of 20 answers are right.",
      command: "<%= config.bin %> <%= command.id %> rows.csv --model ./new --fit --target-accuracy 0.95",
    },
    {
      description: "A page with all figures.",
      command: "<%= config.bin %> <%= command.id %> rows.csv --report eval.html",
    },
    {
      description: "The figures for a script.",
      command: '<%= config.bin %> <%= command.id %> rows.csv --json | jq ".evaluated.accuracy"',
    },
  ];

  static override args = {
    file: Args.string({ description: "Labelled texts: FILE.csv or FILE.jsonl.", required: true, ignoreStdin: true }),
  };

  static override flags = {
    model: Flags.string({
      description: "The model's folder, or its name in COMBOT_MODELS_DIR. Default: the one that serves.",
      helpValue: "DIR|NAME",
    }),
    compare: Flags.string({ description: "Another model, for the same rows.", helpValue: "DIR|NAME" }),
    "oos-label": Flags.string({
      description: "Rows of this label are out of scope too, and an answer of this label is none.",
      helpValue: "LABEL",
    }),
    "target-accuracy": shareFlag(
      "target-accuracy",
      `The accuracy that thresholds are to reach; default ${TARGET_ACCURACY}.`,
    ),
    "min-accuracy": shareFlag("min-accuracy", "Exit with 4 where the accuracy is lower."),
    "no-worse": Flags.boolean({
      description: "Exit with 4 where the model, or a label of it, is worse than the other's by more than chance.",
      dependsOn: ["compare"],
    }),
    fit: Flags.boolean({ description: "Write a temperature and thresholds into the model's combot.json." }),
    report: Flags.string({
      description: "Write a page that needs no network to be looked at.",
      helpValue: "FILE.html",
    }),
    seed: Flags.integer({ description: "Of the folds of --fit.", default: 1, min: 0, helpValue: "N" }),
  };

  protected override readonly hereAlone =
    "model eval reads the model's files: run it on the daemon's machine, with ssh, or name a folder here with --model.";

  async run(): Promise<EvalReport> {
    const { args, flags } = await this.parse(ModelEval);
    const file = resolve(args.file);
    if (!statSync(file, { throwIfNoEntry: false })) throw new CombotError("USAGE", `There is no file ${file}.`);
    const { refuseUnwritable, write } = await import("../../lib/perf/baseline.ts");
    if (flags.report !== undefined) refuseUnwritable("--report", flags.report);
    const report = await this.#measure({
      file,
      dir: await this.#folderOf("model", flags.model, flags.socket),
      other: flags.compare === undefined ? undefined : await this.#folderOf("compare", flags.compare, flags.socket),
      oosLabel: flags["oos-label"],
      targetAccuracy: flags["target-accuracy"] ?? TARGET_ACCURACY,
      minAccuracy: flags["min-accuracy"],
      noWorse: flags["no-worse"],
      fit: flags.fit,
      seed: flags.seed,
    });
    if (flags.report !== undefined) {
      const [{ renderEvalPage }, { readEvalAssets }] = await Promise.all([
        import("../../lib/render/eval-page.ts"),
        import("../../lib/cli/perf-page.ts"),
      ]);
      write("--report", flags.report, renderEvalPage(report, readEvalAssets()));
    }
    if (report.verdict === "fail") process.exitCode = EXIT_BAD;
    if (!this.jsonEnabled()) this.print(await toText(report));
    return report;
  }

  async #servedFile(socket: string | undefined): Promise<string> {
    const { model } = await this.client(socket).call("health");
    return join(model.dir, model.file);
  }

  /** A folder, as it is on disk; else a name that the daemon knows. */
  async #folderOf(flag: string, given: string | undefined, socket: string | undefined): Promise<string> {
    if (given === undefined) return this.#servedFile(socket);
    const dir = resolve(given);
    if (statSync(dir, { throwIfNoEntry: false })) return dir;
    if (!MODEL_NAME.test(given)) throw new CombotError("USAGE", `--${flag}: there is no folder ${dir}.`);
    const { models } = await this.#models(socket, `--${flag}: there is no folder ${dir}.`);
    const named = models.find(({ name }) => name === given);
    if (named) return named.default ? this.#servedFile(socket) : named.dir;
    const known = models.map(({ name }) => name).join(", ");
    throw new CombotError("USAGE", `--${flag}: there is no folder ${dir}, and no model ${given}: there are ${known}.`);
  }

  /** @param otherwise where there is no daemon that could know the name. */
  async #models(socket: string | undefined, otherwise: string): Promise<ModelsReply> {
    try {
      return await this.client(socket).call("models", { absenceMs: 0 });
    } catch (thrown) {
      if (!(thrown instanceof CombotError) || thrown.code !== "DAEMON_UNREACHABLE") throw thrown;
      throw new CombotError("USAGE", otherwise, { cause: thrown });
    }
  }

  async #measure(asked: EvalAsked): Promise<EvalReport> {
    const [{ runModelEval }, { LiveLine }] = await Promise.all([
      import("../../lib/cli/model-eval.ts"),
      import("../../lib/cli/live-line.ts"),
    ]);
    const line = new LiveLine(process.stderr, () => performance.now());
    const onStage = (stage: string, step: string): void => {
      if (!this.jsonEnabled()) line.show(`${stage} …`, step);
    };
    try {
      return await runModelEval(asked, onStage);
    } finally {
      line.end();
    }
  }
}

async function toText(report: EvalReport): Promise<string> {
  const [{ renderModelEval }, { terminalPaint }] = await Promise.all([
    import("../../lib/render/model-eval.ts"),
    import("../../lib/cli/terminal-paint.ts"),
  ]);
  return renderModelEval(report, await terminalPaint(process.stdout, process.env));
}
