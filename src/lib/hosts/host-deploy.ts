import { type HostPlan, versionOf } from "./host-plan.ts";
import type { Remote } from "./remote.ts";
import type { Outcome } from "./rollout.ts";
import { askStatus, type Running, runningIn } from "./standing.ts";
import { hangLimitMs } from "../slowness.ts";

/** The first trial of a large model takes several loads, each of which the daemon itself ends. */
const DEPLOY_MS = hangLimitMs(3_700_000);
const PROBE_MS = hangLimitMs(60_000);
const PROBE_TEXT = "Where is my parcel?";

/** Deploys one host, and believes nothing but what the host answers afterwards. */
export async function deployHost(remote: Remote, plan: HostPlan, args: readonly string[]): Promise<Outcome> {
  const { host, running: before } = plan.standing;
  const answer = await remote.ask(host, {
    args: ["deploy", "--yes", ...args],
    timeoutMs: DEPLOY_MS,
    isLasting: true,
  });
  if (answer.kind === "unreachable")
    return { host, stand: "unknown", detail: `${answer.why}; a deploy that has begun there goes on` };
  // The host's own deploy has put back what ran; whether it has is asked of the daemon.
  if (answer.kind === "refused")
    return { ...(await lookBack(remote, host, before, answer.why)), faults: answer.faults };
  const fault = await faultOf(remote, host, versionOf(plan.release ?? ""));
  if (fault === null) return { host, stand: "deployed", detail: `ready, and answers a text` };
  const back = await remote.ask(host, {
    args: ["deploy", "--rollback", "--yes"],
    timeoutMs: DEPLOY_MS,
    isLasting: true,
  });
  if (back.kind === "unreachable") return { host, stand: "unknown", detail: `${fault}; going back: ${back.why}` };
  if (back.kind === "refused")
    return { host, stand: "failed", detail: `${fault}; going back failed: ${back.why}`, faults: back.faults };
  return lookBack(remote, host, before, fault);
}

/** What is wrong with a host that says it is deployed; null where nothing is. */
async function faultOf(remote: Remote, host: string, version: string): Promise<string | null> {
  const status = await askStatus(remote, host);
  const running = runningIn(status);
  if (running === null) return `it does not tell its status: ${"why" in status ? status.why : "no report"}`;
  if (running.health === "unhealthy") return "it is not ready";
  if (running.version !== version) return `it runs ${running.version}, not ${version}`;
  const probe = await remote.ask(host, { args: ["classify", PROBE_TEXT], timeoutMs: PROBE_MS });
  if (probe.kind !== "answer") return `a text was not answered: ${probe.why}`;
  return probe.exit === 0 ? null : `a text was not answered: status ${probe.exit}`;
}

async function lookBack(remote: Remote, host: string, before: Running | null, cause: string): Promise<Outcome> {
  const status = await askStatus(remote, host);
  if (status.kind === "unreachable") return { host, stand: "unknown", detail: `${cause} Then: ${status.why}` };
  const now = runningIn(status);
  const serves = now !== null && now.health !== "unhealthy";
  const served = before !== null && before.health !== "unhealthy";
  const isBack = served ? serves && now.version === before.version && now.digest === before.digest : true;
  const runs = serves ? `runs ${now.version}` : "does not serve";
  return isBack
    ? { host, stand: "rolled-back", detail: `${cause} Now it ${runs}, as before.` }
    : { host, stand: "failed", detail: `${cause} Now it ${runs}, and ran ${before?.version} before.` };
}
