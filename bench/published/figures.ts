import { settingOf } from "../../src/lib/config/schema.ts";
import { verdictOf } from "../serve/result.ts";
import type { Verdict } from "../serve/result.ts";
import type { Load } from "./measurement.ts";
import { stackVersions } from "./needs.ts";
import type { Part, Plans } from "./plans.ts";
import { gunicornSettings } from "./stack.ts";
import type { StackOptions } from "./stack.ts";
import { partsOf } from "./turns.ts";
import type { ContenderName, Found } from "./turns.ts";

const MB = 1e6;
/** What the ratios are over; the first is the stack as it is said to run. */
const STACKS = ["stack", "preloaded stack"] as const;

export function verdictsOf(found: Found): Verdict[] {
  return partsOf(found).flatMap((part) => [...figures(part, found), ...ratios(part, found), ...failures(part, found)]);
}

function figures(part: Part, found: Found): Verdict[] {
  const row = (what: string, of: (one: Load) => number): Verdict[] =>
    namesOf(found, part).map((name) => verdictOf(`${part}: ${what}, ${name}`, found[part]![name]!.map(of)));
  return [
    ...row("requests/s", ({ perSecond }) => perSecond),
    ...row("p99 ms", ({ p99Ms }) => p99Ms),
    ...row("PSS of the tree in MB, the most", ({ pssBytes }) => pssBytes / MB),
    ...(part === "through recycles"
      ? [...row("longest wait ms", ({ mostMs }) => mostMs), ...row("workers replaced", ({ recycles }) => recycles)]
      : []),
  ];
}

/** Taken within each round. */
function ratios(part: Part, found: Found): Verdict[] {
  const ours = found[part]?.combot ?? [];
  return STACKS.flatMap((name) => {
    const theirs = found[part]?.[name];
    if (!theirs) return [];
    const row = (what: string, of: (one: Load) => number): Verdict =>
      verdictOf(
        `${part}: ${what}, combot over the ${name}`,
        ours.map((one, round) => of(one) / of(theirs[round]!)),
      );
    return [
      row("requests/s", ({ perSecond }) => perSecond),
      row("p99", ({ p99Ms }) => p99Ms),
      row("PSS", ({ pssBytes }) => pssBytes),
      ...(part === "through recycles" ? [] : [row("CPU a request", cpuOf)]),
    ];
  });
}

/** Of all rounds; what the others lose is theirs. */
function failures(part: Part, found: Found): Verdict[] {
  return namesOf(found, part).map((name) => {
    const failed = found[part]![name]!.reduce((sum, one) => sum + one.failed, 0);
    return verdictOf(`${part}: requests failed, ${name}`, [failed], name === "combot" ? { atMost: 0 } : undefined);
  });
}

function cpuOf({ cpu, perSecond }: Load): number {
  return cpu ? cpu.cpuSeconds / cpu.seconds / perSecond : NaN;
}

function namesOf(found: Found, part: Part): ContenderName[] {
  return Object.keys(found[part] ?? {}) as ContenderName[];
}

/** What has to be known beside the figures: how each runs, and what is asked. */
export function notesOf(found: Found, plans: Plans, options: StackOptions): string[] {
  const { probes, requests, questions, repeatedShare } = plans;
  const all = partsOf(found).flatMap((part) => Object.values(found[part] ?? {}).flat());
  const labels = new Set(partsOf(found).flatMap((part) => found[part]?.combot?.[0]?.labels ?? []));
  const others = all.flatMap(({ cpu }) => (cpu ? [cpu.othersPercent] : []));
  const asked: Readonly<Record<Part, string>> = {
    "nothing cached": `Nothing cached: ${requests["nothing cached"]} texts of 5 to 60 tokens, none twice.`,
    "by Zipf's law": `By Zipf's law: ${requests["by Zipf's law"]} times one of ${questions} questions, ${(repeatedShare * 100).toFixed(0)}% of them asked before, from an empty cache. Redis keeps the stack's answers for two hours by the MD5 of the text (django-redis); combot has its own memory tier and the same Redis, emptied before each turn.`,
    "through recycles": `Through recycles: ${requests["through recycles"]} texts of 5 to 60 tokens, none twice and none cached. combot's workers come due after ${settingOf("MAX_REQUESTS").default} texts and a random 0 to ${settingOf("MAX_REQUESTS_JITTER").default} more, its defaults, as gunicorn's do. The preloaded stack has preload_app = True: a new worker finds the model loaded.`,
  };
  return [
    `stack: Django under gunicorn over a Unix socket, torch, a WordPiece tokenizer in Python: ${stackVersions()}. gunicorn's settings: ${gunicornSettings(options).join(", ")}.`,
    "Each of its workers has one thread to multiply with, as each of combot's has: with more they take the cores from one another. A sync worker closes the connection after every reply, so each request to it has one of its own, without a proxy between, which would take part of the cores. Those to combot stay open.",
    `50 clients in a closed loop, the same texts in the same order for each. ${partsOf(found)
      .map((part) => asked[part])
      .join(" ")}`,
    `${probes.length} texts asked before each load got ${labels.size} different labels, from combot and the stack the same.`,
    ...(found["nothing cached"]
      ? [
          "No worker comes due: combot's limits are off too. With 1,000 for both: published-recycles, below.",
          "combot in 8 bits serves another file, the same shape with weights in 8 bits: no ratio is made of it.",
        ]
      : []),
    ...(others.length > 0
      ? [`Anybody else on the machine took at most ${Math.max(...others).toFixed(0)}% of a core.`]
      : []),
  ];
}
