import * as Flags from "@oclif/core/flags";
import { hostsFlags, type HostsFlags } from "../lib/cli/hosts-flags.ts";
import type { HostsMonitorReport } from "../lib/cli/hosts-monitor-command.ts";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { terminalPaint } from "../lib/cli/terminal-paint.ts";
import { jsonText } from "../lib/harmless.ts";
import type { MonitorRecord } from "../lib/monitor/record.ts";
import type { MonitorView } from "../lib/monitor/state.ts";
import { glyphsFor } from "../lib/render/glyphs.ts";

const EXIT_DOWN = 3;
const COLUMNS = 80;
const INTERVAL_SECONDS = 1;
const LONGEST_INTERVAL = 3600;

export default class Monitor extends ClientCommand {
  static override summary = "Show machine, memory, workers, cache, Redis and alerts, as they are, until q.";
  static override description = `Reads the machine itself, and the daemon's events from the control socket: the table lives on while the daemon is down, says since when, and finds it again when it is back. Keys: q quits, p pauses, the arrows select and enter shows all about the one selected, h goes back in time, l shows the log, / filters, s sorts, d shows the decisions, ? explains keys and figures; r recycles the workers, u unloads the model and c cleans up (each of these asks first, and none is there with --readonly).

Back in time the journal's minutes redraw the same screen for any moment that it keeps (JOURNAL_RETENTION_DAYS): left and right go a minute, < and > an hour, PgUp and PgDn a day, n and N to the next decision and the one before, g to a time.

With --hosts it is a row a machine, asked over ssh as root: reachable or why not, memory, requests, latency, hits, what waits, version and model, and below it the alerts that fire; q quits, the arrows scroll, s shows the worst first. With --once the exit status is the worst of all, 3 for one that can't be reached.

Where standard output is no terminal, or one that can't be drawn on (TERM=dumb), it prints a line a sample; with --json a line of JSON. Colours are left out where NO_COLOR is set, and nothing but ASCII is drawn where the locale is not UTF-8.`;
  static override examples = [
    { description: "To look, not to touch.", command: "<%= config.bin %> <%= command.id %> --readonly" },
    { description: "The live table.", command: "<%= config.bin %> <%= command.id %>" },
    {
      description: "One table, and exit 3 if the daemon is down.",
      command: "<%= config.bin %> <%= command.id %> --once",
    },
    {
      description: "Of several machines.",
      command: "<%= config.bin %> <%= command.id %> --hosts ./hosts",
    },
    {
      description: "A line every ten seconds into a file.",
      command: "<%= config.bin %> <%= command.id %> --interval 10 >> monitor.log",
    },
    {
      description: "What memory does, as a script sees it.",
      command: '<%= config.bin %> <%= command.id %> --json | jq -c "[.at, .sample.memory.usage]"',
    },
  ];

  static override flags = {
    readonly: Flags.boolean({ description: "Take no key that would change something." }),
    once: Flags.boolean({ description: "Show it once, after the second that rates take to measure." }),
    interval: Flags.integer({
      description: "Seconds between two readings. Default: 1, with --hosts 5.",
      min: 1,
      max: LONGEST_INTERVAL,
      helpValue: "SECONDS",
    }),
    ...hostsFlags,
  };

  async run(): Promise<MonitorRecord | HostsMonitorReport | undefined> {
    const { flags } = await this.parse(Monitor);
    if (flags.hosts !== undefined) return this.#hosts(flags);
    const source = {
      client: this.client(flags.socket),
      intervalMs: (flags.interval ?? INTERVAL_SECONDS) * 1000,
      now: () => performance.now(),
      isElsewhere: this.isElsewhere,
    };
    if (flags.once) return this.#once(source);
    const { stdin: input, stdout: output, env } = process;
    if (this.jsonEnabled() || !output.isTTY || env["TERM"] === "dumb") {
      const { streamMonitor } = await import("../lib/cli/monitor-stream.ts");
      return streamMonitor(source, output, this.jsonEnabled());
    }
    const { LiveMonitor } = await import("../lib/cli/live-monitor.ts");
    const paint = await terminalPaint(output, env);
    await new LiveMonitor({
      ...source,
      isReadOnly: flags.readonly,
      glyphs: glyphsFor(env),
      paint,
      input,
      output,
    }).run();
    return undefined;
  }

  async #hosts(
    flags: HostsFlags & { once: boolean; interval: number | undefined },
  ): Promise<HostsMonitorReport | undefined> {
    const { monitorHosts } = await import("../lib/cli/hosts-monitor-command.ts");
    this.leaveSignals();
    return monitorHosts(flags, {
      asJson: this.jsonEnabled(),
      print: (text) => this.print(text),
      waitFor: (words, work) => this.waitFor(words, work),
    });
  }

  async #once(
    source: Parameters<typeof import("../lib/cli/monitor-stream.ts").viewOnce>[0],
  ): Promise<MonitorRecord | undefined> {
    const [{ viewOnce }, { recordOf }] = await Promise.all([
      import("../lib/cli/monitor-stream.ts"),
      import("../lib/monitor/record.ts"),
    ]);
    const view = await viewOnce(source);
    if (view.link.state !== "up") process.exitCode = EXIT_DOWN;
    if (this.jsonEnabled()) return recordOf(view, new Date(), "");
    this.print(await toText(view));
    return undefined;
  }

  /** A line of JSON, as the stream has it. */
  protected override logJson(json: unknown): void {
    process.stdout.write(`${jsonText(json)}\n`);
  }
}

async function toText(view: MonitorView): Promise<string> {
  const [{ renderScreen }, { paintLine }] = await Promise.all([
    import("../lib/render/monitor/screen.ts"),
    import("../lib/render/line.ts"),
  ]);
  const { stdout, env } = process;
  const paint = await terminalPaint(stdout, env);
  const width = stdout.columns || COLUMNS;
  const lines = renderScreen(view, { width, glyphs: glyphsFor(env), clock: new Date() });
  return lines.map((line) => paintLine(line, paint).trimEnd()).join("\n");
}
