import { hostsFlags, type HostsFlags } from "../lib/cli/hosts-flags.ts";
import type { HostReport } from "../lib/cli/hosts-reports.ts";
import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import { readUnitStates, type UnitsFound } from "../lib/cli/systemd-state.ts";
import type { CallOptions, Client } from "../lib/client.ts";
import { CombotError } from "../lib/errors.ts";
import { hangLimitMs } from "../lib/slowness.ts";
import type { MemoryReport } from "../lib/protocol/memory.ts";
import type { StatusReport, UnitState } from "../lib/render/status.ts";
import { VERSION } from "../lib/version.ts";

const EXIT_UNHEALTHY = 4;
const TIMEOUT_SECONDS = 10;

export default class Status extends ClientCommand {
  static override summary = "Show health, model, workers, queue, latency, memory and units on one screen.";
  static override description = `Exits with 4 if the daemon is unhealthy, which is to say if it can't classify.

Users and requests of a worker are shown with the limit at which it is recycled. Memory and workers take the control socket; whoever may use only the user socket sees the rest.

With --hosts it is one line a machine, asked over ssh as root; the exit status is the worst of all, 3 for one that can't be reached.`;
  static override examples = [
    { description: "One screen.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "In a script.", command: '<%= config.bin %> <%= command.id %> --json | jq ".health.status"' },
    { description: "Of several machines.", command: "<%= config.bin %> <%= command.id %> --hosts ./hosts" },
    {
      description: "Of another daemon.",
      command: "<%= config.bin %> <%= command.id %> --socket /run/other/combot.sock",
    },
  ];

  static override flags = { timeout: timeoutFlag(`${TIMEOUT_SECONDS}`), ...hostsFlags };

  async run(): Promise<StatusReport | { readonly hosts: readonly HostReport[] }> {
    const { flags } = await this.parse(Status);
    if (flags.hosts !== undefined) return this.#hosts(flags);
    const timeoutMs = toMs(flags.timeout) ?? hangLimitMs(TIMEOUT_SECONDS * 1000);
    // Of another machine this one's systemd knows nothing.
    const found = this.isElsewhere ? Promise.resolve({ units: null }) : readUnitStates(timeoutMs);
    const report = await ask(this.client(flags.socket), timeoutMs, found);
    if (report.health.status === "unhealthy") process.exitCode = EXIT_UNHEALTHY;
    if (!this.jsonEnabled()) this.print(await toText(report));
    return report;
  }

  async #hosts(flags: HostsFlags): Promise<{ readonly hosts: readonly HostReport[] }> {
    const [{ withHosts }, { surveyHosts }, { worstExit }, { renderHosts }, { terminalPaint }] = await Promise.all([
      import("../lib/cli/hosts-session.ts"),
      import("../lib/cli/hosts-survey.ts"),
      import("../lib/cli/hosts-reports.ts"),
      import("../lib/render/hosts.ts"),
      import("../lib/cli/terminal-paint.ts"),
    ]);
    const { rows, reports } = await this.waitFor("Asking the hosts", withHosts(flags, surveyHosts));
    process.exitCode = worstExit(reports);
    this.print(renderHosts(rows, await terminalPaint(process.stdout, process.env)));
    return { hosts: reports };
  }
}

/** Text alone needs the tables and the colours. */
async function toText(report: StatusReport): Promise<string> {
  const [{ renderStatus }, { glyphsFor }, { terminalPaint }] = await Promise.all([
    import("../lib/render/status.ts"),
    import("../lib/render/glyphs.ts"),
    import("../lib/cli/terminal-paint.ts"),
  ]);
  const paint = await terminalPaint(process.stdout, process.env);
  return renderStatus(report, paint, glyphsFor(process.env), process.stdout.columns);
}

/** The health first: it waits for a daemon that is restarting, and the others need not. */
async function ask(client: Client, timeoutMs: number | undefined, found: Promise<UnitsFound>): Promise<StatusReport> {
  const health = await client.call("health", { timeoutMs }).catch(async (thrown: unknown) => {
    throw withSystemd(thrown, (await found).units);
  });
  const [metrics, models, cache, control, { units: systemd, detail: systemdDetail }] = await Promise.all([
    client.call("metrics", { timeoutMs }),
    askModels(client, timeoutMs),
    client.call("cacheStats", { timeoutMs }),
    askControl(client, timeoutMs),
    found,
  ]);
  return {
    health,
    cliVersion: VERSION,
    metrics,
    cache,
    ...control,
    ...(models.length > 1 && { models }),
    systemd,
    ...(systemdDetail !== undefined && { systemdDetail }),
  };
}

/** As in a sample; a daemon of an earlier version has one and no name for it. */
async function askModels(client: Client, timeoutMs: number | undefined): Promise<NonNullable<StatusReport["models"]>> {
  try {
    const { models } = await client.call("models", { timeoutMs });
    return models.map(({ labels: _labels, dir: _dir, ...row }) => row);
  } catch (thrown) {
    if (thrown instanceof CombotError && thrown.code === "NOT_FOUND") return [];
    throw thrown;
  }
}

type ControlPart = Pick<StatusReport, "memory" | "process" | "redis" | "alerts" | "controlDetail">;

async function askControl(client: Client, timeoutMs: number | undefined): Promise<ControlPart> {
  const options = { timeoutMs, absenceMs: 0 };
  try {
    const [{ memory, controlDetail }, process, redis, { firing: alerts }] = await Promise.all([
      askMemory(client, options),
      client.call("processStatus", options),
      client.call("redisStatus", options),
      client.call("alerts", options),
    ]);
    return { memory, process, redis, alerts, ...(controlDetail !== undefined && { controlDetail }) };
  } catch (thrown) {
    const isClosed = thrown instanceof CombotError && ["DAEMON_UNREACHABLE", "CONTROL_ONLY"].includes(thrown.code);
    if (!isClosed) throw thrown;
    return { memory: null, process: null, redis: null, alerts: null, controlDetail: thrown.message };
  }
}

/** Where it can't be measured, the others are all the more wanted. */
async function askMemory(
  client: Client,
  options: CallOptions<"memory">,
): Promise<{ memory: MemoryReport | null; controlDetail?: string }> {
  try {
    return { memory: await client.call("memory", options) };
  } catch (thrown) {
    if (!(thrown instanceof CombotError) || thrown.code !== "MEMORY_UNMEASURED") throw thrown;
    return { memory: null, controlDetail: thrown.message };
  }
}

/** Where nobody listens, systemd may know why. */
function withSystemd(thrown: unknown, units: readonly UnitState[] | null): unknown {
  if (!(thrown instanceof CombotError) || thrown.code !== "DAEMON_UNREACHABLE" || !units) return thrown;
  const said = `systemd says: ${units.map(({ unit, active, sub }) => `${unit} ${active} (${sub})`).join(", ")}.`;
  return new CombotError(thrown.code, `${thrown.message} ${said}`, { cause: thrown.cause });
}
