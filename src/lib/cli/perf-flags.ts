import * as Flags from "@oclif/core/flags";

const ARRIVALS = ["poisson", "even"] as const;
const CONCURRENT = 50;
const MOST_CONCURRENT = 10_000;

/** Of combot perf-test. */
export const PERF_FLAGS = {
  concurrency: Flags.integer({
    char: "c",
    description: "Requests at a time in a closed loop.",
    default: CONCURRENT,
    min: 1,
    max: MOST_CONCURRENT,
    helpValue: "N",
  }),
  duration: Flags.string({
    char: "d",
    description: "How long to measure. Default: 30s; each rate of --find-max: 9s; --replay: 5m.",
    helpValue: "TIME",
  }),
  requests: Flags.integer({
    char: "n",
    description: "End after so many requests instead.",
    min: 1,
    helpValue: "N",
    exclusive: ["duration"],
  }),
  "warm-up": Flags.string({
    description: "Load before the measurement begins.",
    default: "3s",
    helpValue: "TIME",
  }),
  rate: Flags.string({
    char: "r",
    description: "An open loop of so many requests a second; where --find-max begins.",
    helpValue: "N",
  }),
  stages: Flags.string({
    description: "An open loop whose rate goes evenly from one to the next, from none: 30s:10,2m:50,30s:0.",
    helpValue: "TIME:RATE,…",
    exclusive: ["rate", "requests", "duration", "lifecycle"],
  }),
  "find-max": Flags.boolean({
    description: "The highest rate at which the targets hold, and what bound it. Nothing cached unless --texts.",
    default: false,
    exclusive: ["stages", "requests", "lifecycle", "abort-on", "baseline"],
  }),
  "per-user": Flags.string({
    description: "How often a user asks, which makes users of --find-max's rate.",
    default: "2/min",
    helpValue: "N/min",
  }),
  repeat: Flags.integer({
    description: "How often --find-max is done, to tell how far its answers lie apart.",
    default: 3,
    min: 1,
    max: 20,
    helpValue: "N",
  }),
  replay: Flags.boolean({
    description:
      "The busiest minutes of the journal again, and its texts as often as they were asked: --duration (5m) of them.",
    default: false,
    exclusive: ["rate", "stages", "requests", "texts", "lifecycle"],
  }),
  since: Flags.string({
    description: "Of --replay: nothing earlier; a time ago (2h, 24h) or RFC 3339.",
    default: "24h",
    helpValue: "TIME",
  }),
  speed: Flags.string({
    description: "Of --replay: so many times as fast, and as many users.",
    default: "1",
    helpValue: "N",
  }),
  arrivals: Flags.option({
    description: "Of an open loop: at random as independent users come, or evenly spaced.",
    options: ARRIVALS,
    default: "poisson" as const,
  })(),
  connections: Flags.integer({
    description: "Of an open loop: at most, opened as they are needed; a wait for one counts. Default: 2000.",
    min: 1,
    max: MOST_CONCURRENT,
    helpValue: "N",
  }),
  users: Flags.integer({
    description: "Distinct users; 0 names nobody. Default: as many as --concurrency.",
    min: 0,
    max: 10_000_000,
    helpValue: "N",
  }),
  texts: Flags.string({ description: "Texts of your own, one a line, the commonest first.", helpValue: "FILE" }),
  unique: Flags.boolean({
    description: "Every text unlike any before, and none cached: what computing takes.",
    allowNo: true,
  }),
  model: Flags.string({
    description: "A model of COMBOT_MODELS_DIR, by its name. Default: the default one.",
    helpValue: "NAME",
  }),
  target: Flags.string({
    char: "t",
    description: "Change a target (p99=500ms, memory=4G, hit-rate=90%, rate=50), or take it away (cpu=off).",
    multiple: true,
    default: [],
    helpValue: "NAME=VALUE",
  }),
  "abort-on": Flags.string({
    description: "End as soon as it is missed, with 4: p99=2s, errors=5%, memory-usage=90%.",
    multiple: true,
    default: [],
    helpValue: "NAME=VALUE",
  }),
  lifecycle: Flags.boolean({
    description: "Clean up, recycle, unload and load the model in the middle of it.",
    default: false,
  }),
  report: Flags.string({
    description: "Write a page with charts, which needs no network to be looked at.",
    helpValue: "FILE.html",
  }),
  csv: Flags.string({
    description: "Write a line for each second or few of it; for each rate of --find-max.",
    helpValue: "FILE.csv",
  }),
  junit: Flags.string({ description: "Write a test case for each target, for CI servers.", helpValue: "FILE.xml" }),
  save: Flags.string({
    description: "Write the report as JSON, to compare later runs with.",
    helpValue: "FILE.json",
  }),
  baseline: Flags.string({
    description: "Compare with a report that --save wrote, and exit with 4 where something got worse.",
    helpValue: "FILE.json",
  }),
  url: Flags.string({
    description: "Send the load over TCP, to http://HOST:PORT. Default: COMBOT_URL, unless --socket is given.",
    helpValue: "URL",
  }),
  "token-file": Flags.string({
    description: "The token that --url takes. Default: COMBOT_TOKEN_FILE.",
    helpValue: "FILE",
  }),
  timeout: Flags.integer({
    description: "Seconds after which a request counts as failed.",
    default: 60,
    min: 1,
    max: 3600,
    helpValue: "SECONDS",
  }),
  "as-live": Flags.boolean({
    description: "Count what it asks as anybody's: users towards recycling, texts, history, alerts.",
    default: false,
  }),
  seed: Flags.integer({
    description: "Of the draws: the same seed asks the same.",
    default: 1,
    min: 0,
    helpValue: "N",
  }),
};
