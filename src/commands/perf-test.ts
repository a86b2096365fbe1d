import { ClientCommand } from "../lib/cli/client-command.ts";
import { PERF_FLAGS } from "../lib/cli/perf-flags.ts";
import { remoteNamed } from "../lib/cli/remote.ts";
import { socketsToAsk, socketSurroundings } from "../lib/config/socket-path.ts";
import type { Replayed } from "../lib/perf/plan-input.ts";
import type { PerfPlan } from "../lib/perf/plan.ts";
import type { PerfSurroundings } from "../lib/perf/run.ts";
import type { PerfReport } from "../lib/protocol/perf.ts";

const EXIT_MISSED = 4;
/** Nothing bad was measured: nothing was measured. */
const EXIT_NO_VERDICT = 6;
/** As a shell reports a process that died of the signal. */
const STOPS = [
  ["SIGINT", 130, "interrupted"],
  ["SIGTERM", 143, "terminated"],
] as const;
const REPLAYED = "5m";

export default class PerfTest extends ClientCommand {
  static override summary = "Load the daemon as 50 concurrent users would, and hold what is measured against targets.";
  static override description = `By default a closed loop: 50 at a time, each asks again when it has its answer, for 30 s. With --rate an open loop: requests begin when they are to, whatever became of those before them, and latency counts from that moment, so that a stall counts for everybody it would have kept waiting.

Texts are 3,000 shop questions, or those of a file; texts and users are drawn by Zipf's law, the first most often. They are cached as any others, and marked as a test's: they count in no history, frequent text, user, hit rate or alert. With --as-live, and where the control socket is closed to you, they do.

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
    {
      description: "How many users does this machine hold, and what binds it?",
      command: "<%= config.bin %> <%= command.id %> --find-max --per-user 2/min --target p99=500ms",
    },
    {
      description: "A morning in three minutes, broken off where it gets too slow.",
      command: "<%= config.bin %> <%= command.id %> --stages 30s:10,2m:50,30s:0 --abort-on p99=2s",
    },
    {
      description: "Yesterday's busiest five minutes, with twice as many users.",
      command: "<%= config.bin %> <%= command.id %> --replay --speed 2",
    },
    { description: "A page with charts.", command: "<%= config.bin %> <%= command.id %> --report perf.html" },
    {
      description: "The figures for a script.",
      command: '<%= config.bin %> <%= command.id %> --json | jq ".latencyMs.all.p99"',
    },
  ];

  static override flags = PERF_FLAGS;

  /** Its --url is where the load goes; what is watched is this machine's. */
  protected override remoteOf(): undefined {
    return undefined;
  }

  async run(): Promise<PerfReport> {
    const { flags } = await this.parse(PerfTest);
    const { "warm-up": warmUp, requests, rate, connections, users, texts, model } = flags;
    const { duration, stages, unique, "find-max": findMax, "per-user": perUser, "abort-on": abortOn } = flags;
    const { "as-live": asLive } = flags;
    const remote = remoteNamed({ ...flags, tokenFile: flags["token-file"] }, process.env);
    const [url, tokenFile] = [remote?.url.text, remote?.tokenFile?.text];
    const { path: socketPath } = socketsToAsk(socketSurroundings(flags.socket));
    const { planFrom } = await import("../lib/perf/plan-input.ts");
    const input = {
      ...flags,
      requests,
      rate,
      connections,
      users,
      texts,
      url,
      duration,
      stages,
      unique,
      findMax,
      perUser,
      abortOn,
      asLive,
      model,
      socketPath,
      warmUp,
      tokenFile,
    };
    const plan = planFrom(input, flags.replay ? await this.#replay(flags) : null);
    const files = { report: flags.report, save: flags.save, csv: flags.csv, junit: flags.junit };
    const { refuseUnwritable, readBaseline } = await import("../lib/perf/baseline.ts");
    for (const [name, path] of Object.entries(files)) if (path !== undefined) refuseUnwritable(`--${name}`, path);
    const baseline = flags.baseline === undefined ? undefined : readBaseline(flags.baseline);
    const stop = this.#stopsInOrder();
    const report = await this.#measure(plan, {
      client: this.client(flags.socket),
      socketPath,
      ...(baseline && { baseline: { path: flags.baseline ?? "", report: baseline } }),
      signal: stop.signal,
    });
    await this.#keep(report, files, baseline ?? null);
    if (report.verdict !== "pass") process.exitCode = report.verdict === "fail" ? EXIT_MISSED : EXIT_NO_VERDICT;
    if (stop.exit !== undefined) process.exitCode = stop.exit;
    if (!this.jsonEnabled()) this.print(await toText(report));
    return report;
  }

  async #replay(
    flags: Readonly<Record<"since" | "speed", string>> &
      Partial<Readonly<Record<"duration" | "socket", string | undefined>>>,
  ): Promise<Replayed> {
    const [{ readReplay }, { secondsOf, speedOf }, { parseSince }] = await Promise.all([
      import("../lib/perf/replay.ts"),
      import("../lib/perf/plan-values.ts"),
      import("../lib/cli/since.ts"),
    ]);
    const seconds = secondsOf("--duration", flags.duration ?? REPLAYED, 1);
    const wish = { since: parseSince(flags.since, Date.now()), seconds, speed: speedOf(flags.speed) };
    return await readReplay(this.client(flags.socket), wish);
  }

  /** Ctrl-C ends the load, and what was measured so far is told; a second one ends the command. */
  #stopsInOrder(): { readonly signal: AbortSignal; readonly exit: number | undefined } {
    const stop = new AbortController();
    let exit: number | undefined;
    this.leaveSignals();
    for (const [signal, status, words] of STOPS)
      process.on(signal, () => {
        if (exit !== undefined) process.exit(status);
        exit = status;
        stop.abort(words);
      });
    return {
      signal: stop.signal,
      get exit() {
        return exit;
      },
    };
  }

  async #keep(
    report: PerfReport,
    files: Readonly<Record<"report" | "save" | "csv" | "junit", string | undefined>>,
    baseline: PerfReport | null,
  ): Promise<void> {
    const { saveReport, write } = await import("../lib/perf/baseline.ts");
    if (files.save !== undefined) saveReport(files.save, report);
    if (files.csv !== undefined) {
      const { renderPerfCsv } = await import("../lib/render/perf-csv.ts");
      write("--csv", files.csv, renderPerfCsv(report));
    }
    if (files.junit !== undefined) {
      const { renderJunit } = await import("../lib/render/perf-junit.ts");
      write("--junit", files.junit, renderJunit(report));
    }
    if (files.report === undefined) return;
    const [{ renderPerfPage }, { readPageAssets }] = await Promise.all([
      import("../lib/render/perf-page.ts"),
      import("../lib/cli/perf-page.ts"),
    ]);
    write("--report", files.report, renderPerfPage(report, readPageAssets(), baseline));
  }

  async #measure(plan: PerfPlan, around: Omit<PerfSurroundings, "onProgress">): Promise<PerfReport> {
    const [{ runPerfTest }, { LiveLine }, { renderPerfMoment }, { renderSearchStep }] = await Promise.all([
      import("../lib/perf/run.ts"),
      import("../lib/cli/live-line.ts"),
      import("../lib/render/perf-progress.ts"),
      import("../lib/render/perf-search.ts"),
    ]);
    const line = new LiveLine(process.stderr, () => performance.now());
    const onProgress: PerfSurroundings["onProgress"] = (moment) => {
      // Without a terminal a search tells of each rate when it is through.
      if (this.jsonEnabled() || (moment.title !== undefined && !process.stderr.isTTY)) return;
      line.show(renderPerfMoment(moment), moment.phase);
    };
    const onStep: PerfSurroundings["onStep"] = (step) => {
      line.end();
      this.tell(renderSearchStep(step));
    };
    try {
      return await runPerfTest(plan, { ...around, onProgress, onStep });
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
