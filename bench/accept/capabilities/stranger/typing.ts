import type { Reaction } from "./keyboard.ts";

/** How a command ends, and what it takes of whoever types it. */
export interface Expected {
  readonly statuses: readonly number[];
  /** In all that it shows. */
  readonly says?: RegExp;
  readonly reactions?: readonly Reaction[];
  /** What is looked for on the screen, with the prompt back, before one types on. */
  readonly until?: RegExp;
}

const CONFIRM: Reaction = { when: /\[y\/N\]$/, press: ["y", "Enter"] };
const LOOK_MS = 45_000;

/**
 * The first that fits counts; any other command ends with 0. A load test's verdict is the machine's, which is emulated:
 * a missed target (4) and a generator that had no processor (6) are told right, failed requests are not.
 */
const KNOWN: readonly (readonly [RegExp, Expected])[] = [
  [/^sudo combot deploy\b/, { statuses: [0], reactions: [CONFIRM] }],
  // A reader sees it come up in its log.
  [/^combot daemon &/, { statuses: [0], until: /worker ready/ }],
  [/^combot monitor\b/, { statuses: [0], reactions: [{ when: /worker/i, press: ["q"], lookMs: LOOK_MS }] }],
  [/ --follow\b/, { statuses: [130], reactions: [{ when: /./, press: ["C-c"], lookMs: LOOK_MS }] }],
  // A load takes longer there than the 30 s that a request is waited for.
  [/^combot perf-test --lifecycle/, { statuses: [0, 4, 6], says: /failed requests +below 1\.0%/ }],
  [/^combot perf-test\b/, { statuses: [0, 4, 6], says: /failed requests +below 1\.0% +0% +pass/ }],
  [/^combot plan\b/, { statuses: [0, 4], says: /requests\/s/ }],
  [/^combot classify\b/, { statuses: [0], says: /\b0\.\d\d/ }],
  [/^cat messages\.txt/, { statuses: [0], says: /(.*\s0\.\d+.*\n?){3}/ }],
  [/^curl\b/, { statuses: [0], says: /"label":\s*"\w+"/ }],
  [/^combot status\b/, { statuses: [0], says: /\bok\b/ }],
  [/^combot model check\b/, { statuses: [0], says: /LABEL|label/ }],
];

export function expectedOf(command: string): Expected {
  return KNOWN.find(([pattern]) => pattern.test(command))?.[1] ?? { statuses: [0] };
}

/** What nobody who pastes a line should meet, whatever its status. */
const UNWANTED = /command not found|No such file or directory|A defect in combot|\n\s+at .+:\d+:\d+/;

/** What is wrong with how it went; undefined for nothing. */
export function faultOf({ statuses, says }: Expected, status: number, shown: string): string | undefined {
  if (!statuses.includes(status)) return `status ${status}`;
  if (says && !says.test(shown)) return `it does not say ${says}`;
  return UNWANTED.exec(shown)?.[0];
}
