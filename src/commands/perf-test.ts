import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { socketsToAsk, socketSurroundings } from "../lib/config/socket-path.ts";
import type { PerfPlan } from "../lib/perf/plan.ts";
import type { PerfSurroundings } from "../lib/perf/run.ts";
import type { PerfReport } from "../lib/protocol/perf.ts";

const EXIT_MISSED = 4;
/** Nothing bad was measured: nothing was measured. */
const EXIT_NO_VERDICT = 6;
const ARRIVALS = ["poisson", "even"] as const;
const CONCURRENT = 50;
const MOST_CONCURRENT = 10_000;

export default class PerfTest extends ClientCommand {
  static override summary = "Load the daemon as 50 concurrent users would, and hold what is measured against targets.";
  static override description = `By default a closed loop: 50 at a time, each asks again when it has its answer, for 30 s. With --rate an open loop: requests begin when they are to, whatever became of those before them, and latency counts from that moment, so that a stall counts for everybody it would have kept waiting.

Texts are 3,000 shop questions, or those of a file; texts and users are drawn by Zipf's law, the first most often. They are cached and counted like any others: expect recycles by users, and entries in the cache.

Targets, unless changed: p99 below 2 s, at least 10 requests/s, memory below 6 GiB (t3.xlarge: 12) and 75%, CPU below 80% at 20 requests/s, hit rate at least 80%, errors below 1%, cleanup below 5 s, recycling below 10 s, load below 30 s. Exits with 4 if one is missed or something is worse than --baseline beyond noise; with 6 if the load generator itself was the bottleneck, so that nothing is said of the daemon. Memory and CPU take the control socket, as does --lifecycle.`;
  static override examples = [
    { description: "Does this machine hold 50 concurrent users?", command: "<%= config.bin %> <%= command.id %>" },
    {
      description: "20 requests a second, come what may.",
      command: "<%= config.bin %> <%= command.id %> --rate 20 --duration 2m",
    },
    {
      description: "Nothing out of the cache; stricter.",
      command: "<%= config.bin %> <%= command.id %> --unique --target p99=500ms --target rate=100",
    },
    {
      description: "With cleanup, recycling, unload and load under load.",
      command: "<%= config.bin %> <%= command.id %> --lifecycle",
    },
    {
      description: "Before an upgrade, and after it.",
      command:
        "<%= config.bin %> <%= command.id %> --save before.json && … && <%= config.bin %> <%= command.id %> --baseline before.json",
    },
    { description: "A page with charts.", command: "<%= config.bin %> <%= command.id %> --report perf.html" },
    {
      description: "The figures for a script.",
      command: '<%= config.bin %> <%= command.id %> --json | jq ".latencyMs.all.p99"',
    },
  ];

  static override flags = {
    concurrency: Flags.integer({
      char: "c",
      description: "Requests at a time in a closed loop.",
      default: CONCURRENT,
      min: 1,
      max: MOST_CONCURRENT,
      helpValue: "N",
    }),
    duration: Flags.string({ char: "d", description: "How long to measure.", default: "30s", helpValue: "TIME" }),
    requests: Flags.integer({
      char: "n",
      description: "End after so many requests instead.",
      min: 1,
      helpValue: "N",
      exclusive: ["duration"],
    }),
    "warm-up": Flags.string({
      description: "Load before the measurement begins.",
      default: "3s",
      helpValue: "TIME",
    }),
    rate: Flags.string({ char: "r", description: "An open loop of so many requests a second.", helpValue: "N" }),
    arrivals: Flags.option({
      description: "Of an open loop: at random as independent users come, or evenly spaced.",
      options: ARRIVALS,
      default: "poisson" as const,
    })(),
    connections: Flags.integer({
      description: "Of an open loop: at most, opened as they are needed; a wait for one counts. Default: 2000.",
      min: 1,
      max: MOST_CONCURRENT,
      helpValue: "N",
    }),
    users: Flags.integer({
      description: "Distinct users; 0 names nobody. Default: as many as --concurrency.",
      min: 0,
      max: 10_000_000,
      helpValue: "N",
    }),
    texts: Flags.string({ description: "Texts of your own, one a line, the commonest first.", helpValue: "FILE" }),
    unique: Flags.boolean({
      description: "Every text unlike any before, and none cached: what computing takes.",
      default: false,
    }),
    model: Flags.string({
      description: "A model of COMBOT_MODELS_DIR, by its name. Default: the default one.",
      helpValue: "NAME",
    }),
    target: Flags.string({
      char: "t",
      description: "Change a target (p99=500ms, memory=4G, hit-rate=90%, rate=50), or take it away (cpu=off).",
      multiple: true,
      default: [],
      helpValue: "NAME=VALUE",
    }),
    lifecycle: Flags.boolean({
      description: "Clean up, recycle, unload and load the model in the middle of it.",
      default: false,
    }),
    report: Flags.string({
      description: "Write a page with charts, which needs no network to be looked at.",
      helpValue: "FILE.html",
    }),
    save: Flags.string({
      description: "Write the report as JSON, to compare later runs with.",
      helpValue: "FILE.json",
    }),
    baseline: Flags.string({
      description: "Compare with a report that --save wrote, and exit with 4 where something got worse.",
      helpValue: "FILE.json",
    }),
    url: Flags.string({ description: "Send the load over TCP, to http://HOST:PORT.", helpValue: "URL" }),
    "token-file": Flags.string({ description: "The token that --url takes.", helpValue: "FILE" }),
    timeout: Flags.integer({
      description: "Seconds after which a request counts as failed.",
      default: 60,
      min: 1,
      max: 3600,
      helpValue: "SECONDS",
    }),
    seed: Flags.integer({
      description: "Of the draws: the same seed asks the same.",
      default: 1,
      min: 0,
      helpValue: "N",
    }),
  };

  /** Its --url is where the load goes; what is watched is this machine's. */
  protected override remoteOf(): undefined {
    return undefined;
  }

  async run(): Promise<PerfReport> {
    const { flags } = await this.parse(PerfTest);
    const { "warm-up": warmUp, "token-file": tokenFile, requests, rate, connections, users, texts, url, model } = flags;
    const { path: socketPath } = socketsToAsk(socketSurroundings(flags.socket));
    const { planFrom } = await import("../lib/perf/plan-input.ts");
    const plan = planFrom({
      ...flags,
      requests,
      rate,
      connections,
      users,
      texts,
      url,
      model,
      socketPath,
      warmUp,
      tokenFile,
    });
    const files = { report: flags.report, save: flags.save };
    const { refuseUnwritable, readBaseline } = await import("../lib/perf/baseline.ts");
    for (const [name, path] of Object.entries(files)) if (path !== undefined) refuseUnwritable(`--${name}`, path);
    const baseline = flags.baseline === undefined ? undefined : readBaseline(flags.baseline);
    const report = await this.#measure(plan, {
      client: this.client(flags.socket),
      socketPath,
      ...(baseline && { baseline: { path: flags.baseline ?? "", report: baseline } }),
    });
    await this.#keep(report, files, baseline ?? null);
    if (report.verdict !== "pass") process.exitCode = report.verdict === "fail" ? EXIT_MISSED : EXIT_NO_VERDICT;
    if (!this.jsonEnabled()) this.print(await toText(report));
    return report;
  }

  async #keep(
    report: PerfReport,
    files: Readonly<Record<"report" | "save", string | undefined>>,
    baseline: PerfReport | null,
  ): Promise<void> {
    const { saveReport, write } = await import("../lib/perf/baseline.ts");
    if (files.save !== undefined) saveReport(files.save, report);
    if (files.report === undefined) return;
    const [{ renderPerfPage }, { readPageAssets }] = await Promise.all([
      import("../lib/render/perf-page.ts"),
      import("../lib/cli/perf-page.ts"),
    ]);
    write("--report", files.report, renderPerfPage(report, readPageAssets(), baseline));
  }

  async #measure(plan: PerfPlan, around: Omit<PerfSurroundings, "onProgress">): Promise<PerfReport> {
    const [{ runPerfTest }, { LiveLine }, { renderPerfMoment }] = await Promise.all([
      import("../lib/perf/run.ts"),
      import("../lib/cli/live-line.ts"),
      import("../lib/render/perf-progress.ts"),
    ]);
    const line = new LiveLine(process.stderr, () => performance.now());
    const onProgress: PerfSurroundings["onProgress"] = (moment) => {
      if (!this.jsonEnabled()) line.show(renderPerfMoment(moment), moment.phase);
    };
    try {
      return await runPerfTest(plan, { ...around, onProgress });
    } finally {
      line.end();
    }
  }
}

async function toText(report: PerfReport): Promise<string> {
  const [{ renderPerf }, { terminalPaint }, { glyphsFor }] = await Promise.all([
    import("../lib/render/perf.ts"),
    import("../lib/cli/terminal-paint.ts"),
    import("../lib/render/glyphs.ts"),
  ]);
  return renderPerf(report, await terminalPaint(process.stdout, process.env), glyphsFor(process.env));
}
