import type { Remote } from "./remote.ts";
import { askStanding, type Standing } from "./standing.ts";
import { hangLimitMs } from "../slowness.ts";

/** A model that is new there is tried before anything is planned. */
const PLAN_MS = hangLimitMs(3_700_000);

/** What a deploy would do on one host. */
export interface HostPlan {
  readonly standing: Standing;
  /** Name of the release that it is to run, `VERSION-DIGEST`; null where no plan could be made. */
  readonly release: string | null;
  /** What is created, changed, removed, started; what stays is left out. */
  readonly changes: readonly { readonly act: string; readonly what: string }[];
  readonly steps: readonly string[];
  /** What stands in the way, one line each. */
  readonly faults: readonly string[];
}

/** @param args of `combot deploy` there. */
export async function planHost(remote: Remote, host: string, args: readonly string[]): Promise<HostPlan> {
  const standing = await askStanding(remote, host);
  const empty = { standing, release: null, changes: [], steps: [] };
  if (standing.answer.kind === "unreachable") return { ...empty, faults: [standing.why ?? "it can't be reached"] };
  const answer = await remote.ask(host, { args: ["deploy", "--dry-run", ...args], timeoutMs: PLAN_MS });
  if (answer.kind === "unreachable") return { ...empty, faults: [answer.why] };
  if (answer.kind === "refused") return { ...empty, faults: [answer.why, ...answer.faults] };
  const { release, changes, steps, faults } = answer.document;
  if (typeof release !== "string" || !Array.isArray(changes) || !Array.isArray(steps))
    return { ...empty, faults: ["its answer is no plan of combot's"] };
  const found = (Array.isArray(faults) ? faults : []) as readonly Readonly<Record<string, unknown>>[];
  return {
    standing,
    release,
    changes: (changes as HostPlan["changes"]).filter(({ act }) => act !== "keep"),
    steps: steps.map(String),
    faults: found.map(({ check, found, mend }) => `${String(check)}: ${String(found)}. Mend it: ${String(mend)}`),
  };
}

/** Of the release, without its digest. */
export function versionOf(release: string): string {
  return release.replace(/-[^-]*$/, "");
}
