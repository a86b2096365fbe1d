import { fstatSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import { shareFlag } from "../lib/cli/share-flag.ts";
import { itemOf, linesAtOnce, sharedRequestOf } from "../lib/cli/classify-request.ts";
import { CombotError } from "../lib/errors.ts";
import { jsonText } from "../lib/harmless.ts";
import type { ClassifyItem, ClassifyReply, SeveralReply } from "../lib/protocol/classify.ts";
import { DEFAULT_TEMPLATE } from "../lib/protocol/limits.ts";

const STDIN = "-";
/** Some lines failed, or some models did of some. */
const EXIT_BAD = 4;

type Reply = ClassifyReply | SeveralReply;
type Call = (texts: readonly ClassifyItem[]) => Promise<Reply>;

/** Node reads a folder in place of a file as one without a line. @throws {CombotError} `USAGE`. */
function refuseFolder(): void {
  if (fstatSync(process.stdin.fd).isDirectory())
    throw new CombotError("USAGE", "Standard input is a folder: give a file of lines, or a pipe.");
}

export default class Classify extends ClientCommand {
  static override summary = "Classify texts, or the lines of standard input.";
  static override description = `One result a line: label and score (0 to 1; of a regression model its number), separated by a tab.

With --min-score, --min-margin or --threshold, or where the model's combot.json has them, a decision follows: accept, unsure, or ambiguous and the labels that are as near. It changes neither label nor score.

With --model given more than once each text has a line for each of the models, in that order: the model's name, a tab, and what it alone would have said.

With --labels the labels are yours, and no training is needed: the model has to be one of natural-language inference, whose labels are entailment, neutral and contradiction.

With - each line of standard input is a text, however many there are. Output has a line for each line of input, in the same order: a line that can't be classified (an empty one, say) gives !CODE and what was wrong, and the exit status is 4 at the end. A full queue is waited out. Under --json each line is a JSON object.`;
  static override examples = [
    { description: "One text.", command: '<%= config.bin %> <%= command.id %> "Where is my parcel?"' },
    {
      description: "The three best labels of each.",
      command: '<%= config.bin %> <%= command.id %> --top-k 3 "hello" "bye"',
    },
    {
      description: "A file, a text a line.",
      command: "<%= config.bin %> <%= command.id %> - < questions.txt > labels.tsv",
    },
    {
      description: "Labels of your own, with a model of natural-language inference.",
      command: '<%= config.bin %> <%= command.id %> --labels shipping,refund,complaint "Where is my parcel?"',
    },
    {
      description: "How well an answer fits a question, with a reranker.",
      command: '<%= config.bin %> <%= command.id %> "Where is my parcel?" --pair "It comes tomorrow."',
    },
    {
      description: "A file of pairs, a tab between the two.",
      command: "<%= config.bin %> <%= command.id %> --pairs - < pairs.tsv > scores.tsv",
    },
    {
      description: "Whether it may be acted on.",
      command: '<%= config.bin %> <%= command.id %> --min-score 0.7 --min-margin 0.2 "Where is my parcel?"',
    },
    {
      description: "What is wanted, and how angry the person is.",
      command: '<%= config.bin %> <%= command.id %> --model default --model sentiment "Where is my parcel?"',
    },
    {
      description: "The scores alone.",
      command: '<%= config.bin %> <%= command.id %> --json "hello" | jq ".results[].score"',
    },
  ];

  static override strict = false;
  static override args = {
    text: Args.string({ description: "Texts, 1 to 256; - alone reads lines from standard input.", ignoreStdin: true }),
  };

  static override flags = {
    user: Flags.string({
      description: "Whoever asks, 1 to 256 bytes; kept as a keyed hash only. Counts toward MAX_USERS_PER_PROCESS.",
      helpValue: "NAME",
    }),
    model: Flags.string({
      description:
        "A model of COMBOT_MODELS_DIR, by its name; given again, each of them is asked. Default: the default one.",
      helpValue: "NAME",
      multiple: true,
      multipleNonGreedy: true,
    }),
    partial: Flags.boolean({
      description: "With several models: one that can't answer has its failure in its place, and the others are told.",
      dependsOn: ["model"],
    }),
    "top-k": Flags.integer({
      description: "Labels to tell for each text, best first.",
      default: 1,
      min: 1,
      helpValue: "N",
    }),
    batch: Flags.boolean({
      description: "Let whoever waits for an answer go first; a full queue refuses these first.",
    }),
    "no-cache": Flags.boolean({ description: "Compute, whatever the cache holds." }),
    labels: Flags.string({
      description: "Labels of your own, 1 to 64, for a model of natural-language inference.",
      helpValue: "A,B,C",
      exclusive: ["pair", "pairs"],
    }),
    template: Flags.string({
      description: `With --labels: what is said of the text, {} standing for the label; default "${DEFAULT_TEMPLATE}"`,
      helpValue: "TEXT",
      dependsOn: ["labels"],
    }),
    "multi-label": Flags.boolean({
      description: "With --labels: each may be right or not by itself, and scores don't add up to 1.",
      dependsOn: ["labels"],
    }),
    "min-score": shareFlag("min-score", "What a score must reach to be accepted; else the answer is unsure."),
    "min-margin": shareFlag(
      "min-margin",
      "How far the first label must be ahead of the second; else the answer is ambiguous.",
    ),
    threshold: Flags.string({
      description: "What the score of this label must reach, in the place of --min-score; may be given again.",
      helpValue: "LABEL=0..1",
      multiple: true,
      multipleNonGreedy: true,
    }),
    candidates: Flags.string({
      description: "Only these labels of the model are eligible; scores are divided by what they have together.",
      helpValue: "A,B,C",
      exclusive: ["labels"],
    }),
    pair: Flags.string({
      description: "A second text, which the model reads together with the one text given.",
      helpValue: "TEXT",
      exclusive: ["pairs"],
    }),
    pairs: Flags.boolean({ description: "With -: a line with a tab is a text and its second text." }),
    timeout: timeoutFlag("none but the daemon's REQUEST_TIMEOUT"),
  };

  #isStream = false;

  async run(): Promise<Reply | undefined> {
    const { argv, flags } = await this.parse(Classify);
    const texts = argv.map(String);
    const client = this.client(flags.socket);
    const shared = sharedRequestOf(flags);
    const timeoutMs = toMs(flags.timeout);
    const { models } = shared;
    const call: Call = (texts) => {
      const body = { texts: [...texts], ...shared };
      return client.call("classify", { body: models ? { ...body, models } : body, timeoutMs });
    };

    if (texts.length === 0) throw new CombotError("USAGE", "Give a text, or - to read lines from standard input.");
    if (!texts.includes(STDIN)) return this.#classifyOnce(texts, flags, call, models);
    if (texts.length > 1) throw new CombotError("USAGE", "- reads standard input and takes no texts beside it.");
    refuseFolder();
    if (flags.pair !== undefined)
      throw new CombotError("USAGE", "--pair goes with one text; with - give --pairs, and a tab in each line.");
    const ofLines = flags.pairs ? (lines: readonly string[]) => call(lines.map(itemOf)) : call;
    await this.#classifyStream(ofLines, linesAtOnce(shared), models);
    return undefined;
  }

  async #classifyOnce(
    texts: readonly string[],
    { pair, pairs }: { readonly pair?: string | undefined; readonly pairs: boolean },
    call: Call,
    models: readonly string[] | undefined,
  ): Promise<Reply> {
    if (pairs) throw new CombotError("USAGE", "--pairs goes with -; of one text the second is given with --pair.");
    if (pair !== undefined && texts.length > 1) throw new CombotError("USAGE", "--pair goes with one text.");
    const reply = await call(pair === undefined ? texts : texts.map((text) => ({ text, textPair: pair })));
    const [{ isIncomplete, renderResult, renderSeveral }, { terminalPaint }] = await Promise.all([
      import("../lib/render/classification.ts"),
      import("../lib/cli/terminal-paint.ts"),
    ]);
    const paint = await terminalPaint(process.stdout, process.env);
    const lines = reply.results.map((result) =>
      "byModel" in result ? renderSeveral(result, models ?? [], paint) : renderResult(result, paint),
    );
    this.print(lines.join("\n"));
    if (reply.results.some(isIncomplete)) process.exitCode = EXIT_BAD;
    return reply;
  }

  async #classifyStream(
    call: (lines: readonly string[]) => Promise<Reply>,
    atOnce: number,
    models: readonly string[] | undefined,
  ): Promise<void> {
    this.#isStream = true;
    // V8 would let its young generation grow with the traffic, by 100 MB over a million lines.
    setFlagsFromString("--semi-space-growth-factor=1");
    const [{ classifyLines }, { Progress }] = await Promise.all([
      import("../lib/cli/classify-lines.ts"),
      import("../lib/cli/progress.ts"),
    ]);
    const { stdin: input, stdout: output, stderr } = process;
    const progress = stderr.isTTY && !input.isTTY ? new Progress(stderr, "lines") : undefined;
    const onLines = (count: number): void => progress?.add(count);
    try {
      const json = this.jsonEnabled();
      const { lines, failed } = await classifyLines({
        input,
        output,
        call,
        models,
        json,
        linesAtOnce: atOnce,
        onLines,
      });
      if (failed === 0) return;
      process.stderr.write(`${failed} of ${lines} lines failed.\n`);
      process.exitCode = EXIT_BAD;
    } finally {
      progress?.end();
    }
  }

  /** Among JSON lines a failure is a line as well. */
  protected override logJson(json: unknown): void {
    if (this.#isStream) process.stdout.write(`${jsonText(json)}\n`);
    else super.logJson(json);
  }
}
