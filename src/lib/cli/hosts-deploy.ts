import { messageOf } from "../errors.ts";
import { batchSize, inBatches, waitMs } from "../hosts/batches.ts";
import { inParallel } from "../hosts/bounded.ts";
import { deployHost } from "../hosts/host-deploy.ts";
import { type HostPlan, planHost, versionOf } from "../hosts/host-plan.ts";
import { PackageCopy } from "../hosts/package-copy.ts";
import { type Outcome, rollOut } from "../hosts/rollout.ts";
import { isComplete, type RunRecords } from "../hosts/run-record.ts";
import type { HostRow } from "../render/hosts.ts";
import { AT_ONCE, type HostsSession } from "./hosts-session.ts";
import { HostsStop } from "./hosts-stop.ts";
import { rowOf } from "./hosts-survey.ts";

/** Of one batch, so many deploys run together. */
const DEPLOYS_AT_ONCE = 16;

export interface PlannedHost extends HostRow {
  readonly changes: HostPlan["changes"];
  readonly faults: readonly string[];
}

export interface HostsRun {
  readonly session: HostsSession;
  readonly records: RunRecords;
  /** Of `combot deploy` on each host. */
  readonly args: readonly string[];
  readonly batch: string;
  readonly wait: string;
  readonly tell: (text: string) => void;
}

/** Makes the package ready where one is copied, and plans for every host. Changes nothing that serves. */
export async function planHosts(
  { session, args, tell }: Pick<HostsRun, "session" | "args" | "tell">,
  packageFile: string | undefined,
): Promise<readonly HostPlan[]> {
  const copy = packageFile === undefined ? null : new PackageCopy(packageFile);
  const { ssh, remote, programs, file } = session;
  return inParallel(file.hosts, AT_ONCE, async (host) => {
    const copied = await copy?.install(ssh, host);
    if (copied && "program" in copied) programs.set(host, copied.program);
    const plan = await planHost(remote, host, args);
    tell(`${host}: ${plan.faults[0] ?? "planned"}`);
    if (!copied || !("why" in copied)) return plan;
    return { ...plan, release: null, faults: [copied.why] };
  });
}

export function plannedRows(plans: readonly HostPlan[]): readonly PlannedHost[] {
  return plans.map((plan) => {
    const { standing, release, changes, faults } = plan;
    const target = release === null ? null : versionOf(release);
    const isBad = faults.length > 0;
    const remark = isBad ? faults.join("; ") : isDone(plan) ? "none" : changesInWords(changes);
    return { ...rowOf(standing), target, drift: null, remark, isBad, changes, faults };
  });
}

function isDone({ steps }: HostPlan): boolean {
  return steps.length === 0;
}

/** `install 1, create 9, start 3`: how much of what. */
function changesInWords(changes: HostPlan["changes"]): string {
  const counts = new Map<string, number>();
  for (const { act } of changes) counts.set(act, (counts.get(act) ?? 0) + 1);
  return [...counts].map(([act, count]) => `${act} ${count}`).join(", ") || "records alone";
}

/** Deploys what the plans ask for, batch after batch. */
export async function runHosts(run: HostsRun, plans: readonly HostPlan[]): Promise<RunResult> {
  const { records, tell } = run;
  const todo = plans.filter((plan) => !isDone(plan));
  const size = batchSize(run.batch, plans.length);
  const pauseMs = waitMs(run.wait);
  const byHost = new Map(plans.map((plan) => [plan.standing.host, plan]));
  const stop = new HostsStop((isFirst) => tell(isFirst ? STOPPING : LEAVING));
  const outcomes = new Map(plans.map((plan) => [plan.standing.host, firstOutcome(plan)]));
  const keep = keeper(records, tell);
  const note = (outcome: Outcome): void => {
    outcomes.set(outcome.host, outcome);
    keep([...outcomes.values()]);
  };
  try {
    const ended = await rollOut({
      batches: inBatches(
        todo.map(({ standing }) => standing.host),
        size,
      ),
      atOnce: DEPLOYS_AT_ONCE,
      deploy: (host) => {
        tell(`${host}: deploying`);
        note({ host, stand: "unknown", detail: "its deploy has begun" });
        // One of those that were planned.
        return deployHost(run.session.remote, byHost.get(host) as HostPlan, run.args);
      },
      pause: () => stop.pause(pauseMs),
      isStopped: () => stop.isAsked,
      onOutcome: (outcome) => {
        note(outcome);
        tell([`${outcome.host}: ${outcome.stand}: ${outcome.detail}`, ...(outcome.faults ?? [])].join("\n  "));
      },
    });
    for (const outcome of ended) outcomes.set(outcome.host, outcome);
    keep([...outcomes.values()]);
    return { outcomes: [...outcomes.values()], exit: stop.exit };
  } finally {
    stop.release();
  }
}

/** A full disk here is no reason to leave hosts in the middle of it: it is told, once. */
function keeper(records: RunRecords, tell: (text: string) => void): (outcomes: readonly Outcome[]) => void {
  let isTold = false;
  return (outcomes) => {
    try {
      records.write({ at: new Date().toISOString(), outcomes });
    } catch (thrown) {
      if (!isTold) tell(`Where each host stands can't be kept: ${messageOf(thrown)}`);
      isTold = true;
    }
  };
}

export interface RunResult {
  /** In the order of the file. */
  readonly outcomes: readonly Outcome[];
  /** Where somebody stopped the run: the status to end with. */
  readonly exit: number | null;
}

const STOPPING =
  "Stopping: a deploy that has begun is finished, or rolled back by its host; no other one begins. Once more ends this command, and the hosts finish by themselves.";
const LEAVING = "Left: what has begun goes on there. --status shows what came of it.";

function firstOutcome(plan: HostPlan): Outcome {
  const { host } = plan.standing;
  if (isDone(plan)) return { host, stand: "same", detail: "was as it should be" };
  return { host, stand: "waiting", detail: "not begun, and serves as before" };
}

/** What is told of a run that was not completed. */
export function lastRunInWords(records: RunRecords): string | null {
  const record = records.read();
  if (record === null || isComplete(record)) return null;
  const stands = record.outcomes.map(({ host, stand }) => `${host} ${stand}`).join(", ");
  return `The last run, of ${record.at}, was not completed: ${stands}. This one goes on with what is left.`;
}
