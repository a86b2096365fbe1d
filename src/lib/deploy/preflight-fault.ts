/** One thing that stands in the way, and the command that mends it. */
export interface PreflightFault {
  readonly check: string;
  readonly found: string;
  readonly mend: string;
}
