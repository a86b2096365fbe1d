import { inParallel } from "../hosts/bounded.ts";
import { driftOf } from "../hosts/drift.ts";
import type { Outcome } from "../hosts/rollout.ts";
import { askStanding, type Standing } from "../hosts/standing.ts";
import type { HostRow } from "../render/hosts.ts";
import { type HostReport, reportOf } from "./hosts-reports.ts";
import { AT_ONCE, type HostsSession } from "./hosts-session.ts";

export interface Survey {
  readonly rows: readonly HostRow[];
  /** Of `combot status` on each. */
  readonly reports: readonly HostReport[];
}

/** What runs where, in the order of the file. */
export async function surveyHosts({ file, remote }: HostsSession, last: readonly Outcome[] = []): Promise<Survey> {
  const standings = await inParallel(file.hosts, AT_ONCE, (host) => askStanding(remote, host));
  const drift = driftOf(standings);
  const rows = standings.map((standing) => {
    const { host, why } = standing;
    const before = last.find((outcome) => outcome.host === host);
    const remark = why ?? (before ? `last run: ${before.stand}` : "");
    return { ...rowOf(standing), drift: drift.get(host) ?? null, remark, isBad: why !== null };
  });
  return { rows, reports: standings.map(({ host, answer }) => reportOf(host, answer)) };
}

export function rowOf({ host, running }: Standing): Omit<HostRow, "drift" | "remark" | "isBad"> {
  const { version = null, health = null, level = null, model = null, digest = null } = running ?? {};
  return { host, version, health, level, model, digest };
}
