import { hostsFlags, type HostsFlags } from "../lib/cli/hosts-flags.ts";
import type { HostReport } from "../lib/cli/hosts-reports.ts";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { terminalPaint } from "../lib/cli/terminal-paint.ts";
import { socketForClient, socketSurroundings } from "../lib/config/socket-path.ts";
import type { CheckResult } from "../lib/doctor/check.ts";
import { examine } from "../lib/doctor/examination.ts";
import { Probe } from "../lib/doctor/probe.ts";
import { renderDoctor } from "../lib/render/doctor.ts";

const EXIT_FAILED = 4;

interface DoctorReport {
  readonly status: CheckResult["status"];
  readonly checks: readonly CheckResult[];
}

export default class Doctor extends ClientCommand {
  static override summary = "Examine the machine and the service, and name the command that mends what is wrong.";
  static override description = `Works with and without a daemon. Each check is ok, warn or fail, with what was found; combot docs doctor has what each means. Exits with 4 if one fails. Root sees most: others' files and the control socket.

With --hosts it is one line a machine, examined over ssh as root; the exit status is the worst of all, 3 for one that can't be reached.`;
  static override examples = [
    { description: "All checks.", command: "sudo <%= config.bin %> <%= command.id %>" },
    {
      description: "The commands that would mend it.",
      command: '<%= config.bin %> <%= command.id %> --json | jq -r ".checks[].command // empty"',
    },
  ];

  protected override readonly hereAlone =
    "doctor examines this machine: run it on the daemon's own, or over ssh with --hosts.";

  static override flags = { ...hostsFlags };

  async run(): Promise<DoctorReport | { readonly hosts: readonly HostReport[] }> {
    const { flags } = await this.parse(Doctor);
    if (flags.hosts !== undefined) return this.#hosts(flags);
    const sockets = socketForClient(socketSurroundings(flags.socket ?? process.env["COMBOT_SOCKET"] ?? null));
    const checks = await this.waitFor("Examining", examine(new Probe(this.client(flags.socket), sockets)));
    const worst = (["fail", "warn"] as const).find((status) => checks.some((check) => check.status === status));
    if (worst === "fail") process.exitCode = EXIT_FAILED;
    this.print(renderDoctor(checks, await terminalPaint(process.stdout, process.env), process.stdout.columns));
    return { status: worst ?? "ok", checks };
  }

  async #hosts(flags: HostsFlags): Promise<{ readonly hosts: readonly HostReport[] }> {
    const [{ withHosts }, { askHosts, worstExit }, { renderExaminations }] = await Promise.all([
      import("../lib/cli/hosts-session.ts"),
      import("../lib/cli/hosts-reports.ts"),
      import("../lib/render/hosts.ts"),
    ]);
    const task = withHosts(flags, (session) => askHosts(session, ["doctor"]));
    const hosts = await this.waitFor("Examining the hosts", task);
    process.exitCode = worstExit(hosts);
    this.print(renderExaminations(hosts, await terminalPaint(process.stdout, process.env)));
    return { hosts };
  }
}
