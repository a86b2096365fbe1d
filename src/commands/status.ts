import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import { readSystemdState } from "../lib/cli/systemd-state.ts";
import type { Client } from "../lib/client.ts";
import { CombotError } from "../lib/errors.ts";
import type { ProcessStatus } from "../lib/protocol/process.ts";
import type { StatusReport, SystemdState } from "../lib/render/status.ts";

const EXIT_UNHEALTHY = 4;
const TIMEOUT_SECONDS = 10;

export default class Status extends ClientCommand {
  static override summary = "Show health, model, workers, queue, latency and memory on one screen.";
  static override description = `Exits with 4 if the daemon is unhealthy, which is to say if it can't classify.

Users and requests of a worker are shown with the limit at which it is recycled. The table of workers takes the control socket; whoever may only use the user socket sees the rest.`;
  static override examples = [
    { description: "One screen.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "In a script.", command: '<%= config.bin %> <%= command.id %> --json | jq ".health.status"' },
    {
      description: "Of another daemon.",
      command: "<%= config.bin %> <%= command.id %> --socket /run/other/combot.sock",
    },
  ];

  static override flags = { timeout: timeoutFlag(`${TIMEOUT_SECONDS}`) };

  async run(): Promise<StatusReport> {
    const { flags } = await this.parse(Status);
    const systemd = readSystemdState();
    const report = await ask(this.client(flags.socket), toMs(flags.timeout ?? TIMEOUT_SECONDS), systemd);
    if (report.health.status === "unhealthy") process.exitCode = EXIT_UNHEALTHY;
    if (!this.jsonEnabled()) this.print(await toText(report));
    return report;
  }
}

/** Text alone needs the tables and the colours. */
async function toText(report: StatusReport): Promise<string> {
  const [{ renderStatus }, { terminalPaint }] = await Promise.all([
    import("../lib/render/status.ts"),
    import("../lib/cli/terminal-paint.ts"),
  ]);
  return renderStatus(report, await terminalPaint(process.stdout, process.env));
}

/** The health first: it waits for a daemon that is restarting, and the others need not. */
async function ask(
  client: Client,
  timeoutMs: number | undefined,
  unit: Promise<SystemdState | null>,
): Promise<StatusReport> {
  const health = await client.call("health", { timeoutMs }).catch(async (thrown: unknown) => {
    throw withSystemd(thrown, await unit);
  });
  const [memory, metrics, workers, systemd] = await Promise.all([
    client.call("memory", { timeoutMs }),
    client.call("metrics", { timeoutMs }),
    askWorkers(client, timeoutMs),
    unit,
  ]);
  return { health, memory, metrics, ...workers, systemd };
}

type WorkersPart = Pick<StatusReport, "process" | "processDetail">;

async function askWorkers(client: Client, timeoutMs: number | undefined): Promise<WorkersPart> {
  try {
    const process: ProcessStatus = await client.call("processStatus", { timeoutMs, absenceMs: 0 });
    return { process };
  } catch (thrown) {
    const isClosed = thrown instanceof CombotError && ["DAEMON_UNREACHABLE", "CONTROL_ONLY"].includes(thrown.code);
    if (!isClosed) throw thrown;
    return { process: null, processDetail: thrown.message };
  }
}

/** Where nobody listens, systemd may know why. */
function withSystemd(thrown: unknown, unit: SystemdState | null): unknown {
  if (!(thrown instanceof CombotError) || thrown.code !== "DAEMON_UNREACHABLE" || !unit) return thrown;
  const said = `systemd says that ${unit.unit} is ${unit.active} (${unit.sub}).`;
  return new CombotError(thrown.code, `${thrown.message} ${said}`, { cause: thrown.cause });
}
