export interface ProcessIdentity {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly parentPid: number;
}

/**
 * Whether systemd started this process as (part of) a unit. INVOCATION_ID and JOURNAL_STREAM alone don't tell: every
 * shell in a desktop's terminal inherits them from the terminal's own unit. SYSTEMD_EXEC_PID (systemd 248) names the
 * process that the unit started, which is us or, behind a wrapper script, our parent; before 248 a child of PID 1 with
 * an INVOCATION_ID is taken for one.
 */
export function isUnitProcess({ env, pid, parentPid }: ProcessIdentity): boolean {
  const unitPid = env["SYSTEMD_EXEC_PID"];
  if (unitPid) return unitPid === String(pid) || unitPid === String(parentPid);
  return Boolean(env["INVOCATION_ID"]) && parentPid === 1;
}
