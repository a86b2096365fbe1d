import { setFlagsFromString } from "node:v8";
import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import { CombotError } from "../lib/errors.ts";
import type { ClassifyReply } from "../lib/protocol/classify.ts";

const STDIN = "-";
/** Some lines failed. */
const EXIT_BAD = 4;

type Call = (texts: readonly string[]) => Promise<ClassifyReply>;

export default class Classify extends ClientCommand {
  static override summary = "Classify texts, or the lines of standard input.";
  static override description = `One result a line: label and score (0 to 1), separated by a tab.

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
    "top-k": Flags.integer({
      description: "Labels to tell for each text, best first.",
      default: 1,
      min: 1,
      helpValue: "N",
    }),
    "no-cache": Flags.boolean({ description: "Compute, whatever the cache holds." }),
    timeout: timeoutFlag("none but the daemon's REQUEST_TIMEOUT"),
  };

  #isStream = false;

  async run(): Promise<ClassifyReply | undefined> {
    const { argv, flags } = await this.parse(Classify);
    const texts = argv.map(String);
    const client = this.client(flags.socket);
    const shared = {
      ...(flags.user === undefined ? {} : { user: flags.user }),
      ...(flags["top-k"] > 1 ? { topK: flags["top-k"] } : {}),
      ...(flags["no-cache"] ? { noCache: true } : {}),
    };
    const timeoutMs = toMs(flags.timeout);
    const call: Call = (texts) => client.call("classify", { body: { texts: [...texts], ...shared }, timeoutMs });

    if (texts.length === 0) throw new CombotError("USAGE", "Give a text, or - to read lines from standard input.");
    if (!texts.includes(STDIN)) return this.#classifyOnce(texts, call);
    if (texts.length > 1) throw new CombotError("USAGE", "- reads standard input and takes no texts beside it.");
    await this.#classifyStream(call);
    return undefined;
  }

  async #classifyOnce(texts: readonly string[], call: Call): Promise<ClassifyReply> {
    const reply = await call(texts);
    const { renderResult } = await import("../lib/render/classification.ts");
    this.print(reply.results.map(renderResult).join("\n"));
    return reply;
  }

  async #classifyStream(call: Call): Promise<void> {
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
      const { lines, failed } = await classifyLines({ input, output, call, json: this.jsonEnabled(), onLines });
      if (failed === 0) return;
      process.stderr.write(`${failed} of ${lines} lines failed.\n`);
      process.exitCode = EXIT_BAD;
    } finally {
      progress?.end();
    }
  }

  /** Among JSON lines a failure is a line as well. */
  protected override logJson(json: unknown): void {
    if (this.#isStream) process.stdout.write(`${JSON.stringify(json)}\n`);
    else super.logJson(json);
  }
}
