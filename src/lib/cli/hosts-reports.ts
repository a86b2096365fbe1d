import { inParallel } from "../hosts/bounded.ts";
import type { Answer } from "../hosts/remote.ts";
import { hangLimitMs } from "../slowness.ts";
import { AT_ONCE, type HostsSession } from "./hosts-session.ts";

const ASK_MS = hangLimitMs(180_000);
/** As for a daemon that can't be reached. */
const EXIT_UNREACHABLE = 3;

/** What one host answered, or why it did not. */
export interface HostReport {
  readonly host: string;
  /** The status with which the command ended there; 3 for a host that ssh does not reach. */
  readonly exit: number;
  readonly report: Readonly<Record<string, unknown>> | null;
  readonly error: string | null;
}

/** The same command on each host, in the order of the file. */
export function askHosts({ file, remote }: HostsSession, args: readonly string[]): Promise<readonly HostReport[]> {
  return inParallel(file.hosts, AT_ONCE, async (host) =>
    reportOf(host, await remote.ask(host, { args, timeoutMs: ASK_MS })),
  );
}

export function reportOf(host: string, answer: Answer): HostReport {
  if (answer.kind === "answer") return { host, exit: answer.exit, report: answer.document, error: null };
  const exit = answer.kind === "refused" ? answer.exit : EXIT_UNREACHABLE;
  return { host, exit, report: null, error: answer.why };
}

/** The worst of all: what a script has to look at. */
export function worstExit(reports: readonly HostReport[]): number {
  return Math.max(0, ...reports.map(({ exit }) => exit));
}
