import { hostsFlags, type HostsFlags } from "../lib/cli/hosts-flags.ts";
import type { HostReport } from "../lib/cli/hosts-reports.ts";
import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import { askStatus, exitOf, STATUS_TIMEOUT_SECONDS, statusText, statusTimeoutMs } from "../lib/cli/status-report.ts";
import { readUnitStates } from "../lib/cli/systemd-state.ts";
import type { StatusReport } from "../lib/render/status.ts";

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

  static override flags = { timeout: timeoutFlag(`${STATUS_TIMEOUT_SECONDS}`), ...hostsFlags };

  async run(): Promise<StatusReport | { readonly hosts: readonly HostReport[] }> {
    const { flags } = await this.parse(Status);
    if (flags.hosts !== undefined) return this.#hosts(flags);
    const timeoutMs = toMs(flags.timeout) ?? statusTimeoutMs();
    // Of another machine this one's systemd knows nothing.
    const found = this.isElsewhere ? Promise.resolve({ units: null }) : readUnitStates(timeoutMs);
    const report = await askStatus(this.client(flags.socket), timeoutMs, found);
    process.exitCode = exitOf(report);
    if (!this.jsonEnabled()) this.print(await statusText(report));
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
