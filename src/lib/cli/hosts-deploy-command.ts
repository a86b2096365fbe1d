import { isAbsolute } from "node:path";
import { homedir } from "node:os";
import { defaultStateDir } from "../config/settings.ts";
import { CombotError } from "../errors.ts";
import type { HostPlan } from "../hosts/host-plan.ts";
import type { Outcome } from "../hosts/rollout.ts";
import { RunRecords } from "../hosts/run-record.ts";
import { batchSize, waitMs } from "../hosts/batches.ts";
import { type HostRow, renderHostPlans, renderHosts, renderOutcomes } from "../render/hosts.ts";
import { lastRunInWords, type PlannedHost, plannedRows, planHosts, runHosts } from "./hosts-deploy.ts";
import type { HostsDeployFlags } from "./hosts-flags.ts";
import { type HostsSession, withHosts } from "./hosts-session.ts";
import { surveyHosts } from "./hosts-survey.ts";
import { terminalPaint } from "./terminal-paint.ts";

const EXIT_FAULTY = 4;
const EXIT_UNREACHABLE = 3;

/** Those of `combot deploy` that matter here. */
export interface Flags extends HostsDeployFlags {
  readonly profile?: string | undefined;
  readonly redis?: string | undefined;
  readonly "redis-port"?: number | undefined;
  readonly "disable-packaged-redis": boolean;
  readonly model?: string | undefined;
  readonly root: string;
  readonly start: boolean;
  readonly rollback: boolean;
  readonly remove: boolean;
  readonly purge: boolean;
  readonly diff: boolean;
  readonly "redis-url-file"?: string | undefined;
  readonly "database-file"?: string | undefined;
  readonly yes: boolean;
  readonly "dry-run": boolean;
}

export interface HostsDeployReport {
  readonly done: boolean;
  readonly hosts: readonly (HostRow | (PlannedHost & Partial<Pick<Outcome, "stand" | "detail">>))[];
}

export interface Speaker {
  readonly print: (text: string) => void;
  readonly tell: (text: string) => void;
  readonly isWanted: (question: string) => Promise<boolean>;
  /** Ctrl-C is the run's from now on. */
  readonly leaveSignals: () => void;
}

/** `combot deploy --hosts`: the plan for all, one table, and the hosts batch by batch. */
export async function deployHosts(flags: Flags, speaker: Speaker): Promise<HostsDeployReport> {
  refuseOfOne(flags);
  const args = forwarded(flags);
  return withHosts(flags, async (session) => {
    const records = new RunRecords(defaultStateDir({ homeDir: homedir(), env: process.env }), session.file.digest);
    if (flags.status) return showStatus(session, records, speaker);
    const { batch = "1", wait = "0s" } = flags;
    // Said before anybody waits for plans.
    batchSize(batch, session.file.hosts.length);
    waitMs(wait);
    const last = lastRunInWords(records);
    if (last !== null) speaker.tell(last);
    const plans = await planHosts({ session, args, tell: speaker.tell }, flags.package);
    const rows = plannedRows(plans);
    speaker.print(renderHostPlans(rows, await terminalPaint(process.stdout, process.env)));
    const report = { done: false, hosts: rows };
    if (flags["dry-run"]) {
      if (rows.some(({ isBad }) => isBad)) process.exitCode = EXIT_FAULTY;
      return report;
    }
    refuseFaulty(plans);
    const count = plans.filter(({ steps }) => steps.length > 0).length;
    if (count === 0) {
      speaker.tell("Nothing to do: every host is as it should be.");
      return { ...report, done: true };
    }
    const question = `Deploy ${count} of ${plans.length} hosts?`;
    if (!flags.yes && !(await speaker.isWanted(question))) return report;
    speaker.leaveSignals();
    const { outcomes, exit } = await runHosts({ session, records, args, batch, wait, tell: speaker.tell }, plans);
    return conclude(rows, outcomes, exit, speaker);
  });
}

async function conclude(
  rows: readonly PlannedHost[],
  outcomes: readonly Outcome[],
  exit: number | null,
  { print, tell }: Speaker,
): Promise<HostsDeployReport> {
  print(renderOutcomes(outcomes, await terminalPaint(process.stdout, process.env)));
  const good = outcomes.filter(({ stand }) => stand === "deployed" || stand === "same").length;
  const done = good === outcomes.length;
  if (done) tell(`All ${good} hosts run it.`);
  else tell(`${good} of ${outcomes.length} hosts run it. The same command again goes on with the others.`);
  if (!done) process.exitCode = EXIT_FAULTY;
  if (exit !== null) process.exitCode = exit;
  return { done, hosts: rows.map((row, index) => ({ ...row, ...outcomes[index] })) };
}

async function showStatus(session: HostsSession, records: RunRecords, speaker: Speaker): Promise<HostsDeployReport> {
  const { rows } = await surveyHosts(session, records.read()?.outcomes);
  speaker.print(renderHosts(rows, await terminalPaint(process.stdout, process.env)));
  if (rows.some(({ isBad }) => isBad)) process.exitCode = EXIT_UNREACHABLE;
  return { done: true, hosts: rows };
}

/** @throws {CombotError} `PREFLIGHT_FAILED`: no host is touched while one of them is in doubt. */
function refuseFaulty(plans: readonly HostPlan[]): void {
  const lines = plans.flatMap(({ standing, faults }) => faults.map((fault) => `${standing.host}: ${fault}`));
  if (lines.length === 0) return;
  const bad = plans.filter(({ faults }) => faults.length > 0).length;
  const words = bad === 1 ? "One host is not ready" : `${bad} hosts are not ready`;
  const detail = `${words}, and none was touched. Take a host out of the file to go on without it.`;
  throw new CombotError("PREFLIGHT_FAILED", detail, { faults: lines });
}

/** Flags that mean one machine, or a file of this one. @throws {CombotError} `USAGE` */
function refuseOfOne(flags: Flags): void {
  const given = [
    ...(["rollback", "remove", "purge", "diff", "redis-url-file", "database-file"] as const).filter(
      (name) => flags[name] !== undefined && flags[name] !== false,
    ),
    ...(flags.root === "/" ? [] : ["root"]),
    ...(flags.start ? [] : ["no-start"]),
  ];
  if (given.length > 0)
    throw new CombotError("USAGE", `--${given[0]} is for one machine: log in to the host, and run it there.`);
}

/** What each host's own `combot deploy` is given. @throws {CombotError} `USAGE` */
function forwarded(flags: Flags): readonly string[] {
  const { profile, redis, model } = flags;
  const port = flags["redis-port"];
  if (model !== undefined && !isAbsolute(model))
    throw new CombotError("USAGE", `--model ${model}: with --hosts it is a folder of each host, by its whole path.`);
  return [
    ...(profile === undefined ? [] : ["--profile", profile]),
    ...(redis === undefined ? [] : ["--redis", redis]),
    ...(port === undefined ? [] : ["--redis-port", String(port)]),
    ...(flags["disable-packaged-redis"] ? ["--disable-packaged-redis"] : []),
    ...(model === undefined ? [] : ["--model", model]),
  ];
}
