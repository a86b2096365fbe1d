import { join, resolve } from "node:path";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { findMachine } from "../lib/config/machine.ts";
import { CombotError } from "../lib/errors.ts";
import { perUserRateOf } from "../lib/per-user-rate.ts";
import { besideBytesOf, folderOf, msOf, namedFile, positiveOf } from "../lib/planning/given.ts";
import { HERE, MACHINE_NAMES, machineNamed } from "../lib/planning/machines.ts";
import { overridesOf, replayedMinutes, targetsOf, trafficOf, variantsOf } from "../lib/planning/request.ts";
import type { PlanReport, PlanRequest, PlanTraffic } from "../lib/protocol/plan.ts";

/** It was simulated, and does not hold the users. */
const EXIT_BAD = 4;
const PER_USER = "2/min";
const HOURS = 24;
/** A minute. */
const STEP_SECONDS = 60;
const DAYS = ["flat", "daily"] as const;

export default class Plan extends ClientCommand {
  static override summary = "How many users does a machine hold? Measures the model here and simulates the rest.";
  static override description = `Measures the model in processes of its own (times by length and batch, memory, a load), and simulates the daemon on a machine through a day of requests, with the daemon's own policy: batches, recycling, unloading, the memory ladder, the cache. Nothing is asked of a daemon, and nothing is rented.

Tells requests a second, latency, hit rate, memory and recycles by hour; how many users fit and what binds first; and the same for other settings (--what-if), twice the workers and the next machine.

Of another machine the speed of a core is assumed to be that of one here, unless --speed says otherwise; a t3's CPU credits are part of it. Settings are those of the environment, or of --env-file.

Exits with 4 where the machine misses the targets (p99 below 2 s, errors below 1%) with that many users.`;
  static override examples = [
    {
      description: "Does this machine hold 500 users?",
      command: "<%= config.bin %> <%= command.id %> --users 500",
    },
    {
      description: "A t3.large, whose cores do 0.8 of what one does here, with other settings beside it.",
      command:
        "<%= config.bin %> <%= command.id %> --users 5000 --model ./my-model --machine t3.large --speed 0.8 --what-if MAX_USERS_PER_PROCESS=200,WORKERS=1",
    },
    {
      description: "The last day once more, with three times as many people.",
      command: "<%= config.bin %> <%= command.id %> --users 1500 --replay",
    },
    {
      description: "A page with plots.",
      command: "<%= config.bin %> <%= command.id %> --users 500 --report plan.html",
    },
    {
      description: "The figures for a script.",
      command: '<%= config.bin %> <%= command.id %> --users 500 --json | jq ".variants[0].capacity.users"',
    },
  ];

  static override flags = {
    users: Flags.integer({
      char: "u",
      description: "People who ask at the busiest time. May be left out with --replay: as many requests as there were.",
      min: 1,
      max: 10_000_000,
      helpValue: "N",
    }),
    "per-user": Flags.string({ description: "How often each asks.", default: PER_USER, helpValue: "N/min" }),
    model: Flags.string({ description: "The model's folder. Default: the one that serves.", helpValue: "DIR" }),
    machine: Flags.string({
      description: `The machine that is simulated: ${MACHINE_NAMES.join(", ")}.`,
      default: HERE,
      helpValue: "NAME",
    }),
    speed: Flags.string({ description: "Of one of its cores, against one here.", default: "1", helpValue: "N" }),
    credits: Flags.option({
      description: "What a t3 does when its CPU credits are used up.",
      options: ["unlimited", "standard"] as const,
      default: "unlimited" as const,
    })(),
    "what-if": Flags.string({
      description: "Compare with other settings; may be given several times.",
      multiple: true,
      default: [],
      helpValue: "SETTING=VALUE,…",
    }),
    day: Flags.option({
      description: "The same all day, or a tenth of it at night.",
      options: DAYS,
      default: "flat" as const,
      exclusive: ["replay"],
    })(),
    replay: Flags.boolean({
      description: "A day as the journal has it, its busiest minute as --users says.",
      default: false,
    }),
    hours: Flags.integer({ description: "How long a day is.", default: HOURS, min: 1, max: 168, helpValue: "N" }),
    texts: Flags.string({ description: "Texts of your own, one a line, the commonest first.", helpValue: "FILE" }),
    unique: Flags.boolean({ description: "Every text unlike any before: nothing is cached.", default: false }),
    target: Flags.string({
      char: "t",
      description: "Change a target: p99=500ms, errors=0.1%, or take it away (p99=off).",
      multiple: true,
      default: [],
      helpValue: "NAME=VALUE",
    }),
    "env-file": Flags.string({ description: "Settings in place of the environment's.", helpValue: "FILE" }),
    "beside-memory": Flags.string({
      description: "What all else on the machine takes. Default: as here, or 700M on another one.",
      helpValue: "BYTES",
    }),
    "beside-cpu": Flags.string({
      description: "CPU that a request costs the machine beside combot: backend, proxy.",
      default: "0ms",
      helpValue: "TIME",
    }),
    report: Flags.string({
      description: "Write a page that needs no network to be looked at.",
      helpValue: "FILE.html",
    }),
    seed: Flags.integer({ description: "Of the draws.", default: 1, min: 0, helpValue: "N" }),
  };

  async run(): Promise<PlanReport> {
    const { flags } = await this.parse(Plan);
    const { refuseUnwritable, write } = await import("../lib/perf/baseline.ts");
    if (flags.report !== undefined) refuseUnwritable("--report", flags.report);
    const report = await this.#measure(await this.#requestOf(flags));
    if (flags.report !== undefined) {
      const [{ renderPlanPage }, { readPlanAssets }] = await Promise.all([
        import("../lib/render/plan-page.ts"),
        import("../lib/cli/perf-page.ts"),
      ]);
      write("--report", flags.report, renderPlanPage(report, readPlanAssets()));
    }
    if (report.verdict === "fails") process.exitCode = EXIT_BAD;
    if (!this.jsonEnabled()) this.print(await toText(report));
    return report;
  }

  async #requestOf(flags: PlanFlags): Promise<PlanRequest> {
    const perUserPerSecond = perUserRateOf(flags["per-user"], 1);
    const { parseTarget } = await import("../lib/perf/verdict/targets.ts");
    const targets = targetsOf(flags.target.map((text) => parseTarget(text)));
    flags["what-if"].forEach(overridesOf);
    const traffic = await this.#trafficOf(flags, perUserPerSecond);
    const { cores, memoryBytes } = findMachine();
    const machine = machineNamed(flags.machine, { cores, memoryBytes });
    const variants = variantsOf({
      machine,
      speed: positiveOf("--speed", flags.speed),
      unlimited: flags.credits === "unlimited",
      besideBytes: besideBytesOf(flags["beside-memory"], flags.machine),
      besideMs: msOf("--beside-cpu", flags["beside-cpu"]),
      whatIf: flags["what-if"],
      env: process.env,
      envFile: flags["env-file"] && resolve(flags["env-file"]),
    });
    return {
      dir: flags.model === undefined ? await this.#servedFile(flags.socket) : folderOf("--model", flags.model),
      textsFile: flags.texts === undefined ? null : namedFile("--texts", flags.texts),
      variants,
      traffic,
      perUserPerSecond,
      hours: flags.hours,
      targets,
      seed: flags.seed,
    };
  }

  async #trafficOf(flags: PlanFlags, perUserPerSecond: number): Promise<PlanTraffic> {
    const { users, replay, unique } = flags;
    if (!replay) {
      if (users === undefined) throw new CombotError("USAGE", "--users: say how many people ask, or give --replay.");
      return trafficOf({ users, perUserPerSecond, isDaily: flags.day === "daily", unique });
    }
    const { points, stepSeconds } = await this.client(flags.socket).call("metricsHistory", {
      query: { step: String(STEP_SECONDS) },
    });
    const minutes = replayedMinutes(points, stepSeconds, users && users * perUserPerSecond);
    const most = Math.max(...minutes);
    return { minutes, users: users ?? Math.max(1, Math.round(most / perUserPerSecond)), unique };
  }

  async #servedFile(socket: string | undefined): Promise<string> {
    const { model } = await this.client(socket).call("health");
    return join(model.dir, model.file);
  }

  async #measure(request: PlanRequest): Promise<PlanReport> {
    const [{ runPlan }, { LiveLine }] = await Promise.all([
      import("../lib/cli/plan.ts"),
      import("../lib/cli/live-line.ts"),
    ]);
    const line = new LiveLine(process.stderr, () => performance.now());
    const onStage = (stage: string, step: string): void => {
      if (!this.jsonEnabled()) line.show(`${stage} …`, step);
    };
    try {
      return await runPlan(request, onStage);
    } finally {
      line.end();
    }
  }
}

interface PlanFlags {
  readonly users: number | undefined;
  readonly "per-user": string;
  readonly model: string | undefined;
  readonly machine: string;
  readonly speed: string;
  readonly credits: string;
  readonly "what-if": readonly string[];
  readonly day: string;
  readonly replay: boolean;
  readonly hours: number;
  readonly texts: string | undefined;
  readonly unique: boolean;
  readonly target: readonly string[];
  readonly "env-file": string | undefined;
  readonly "beside-memory": string | undefined;
  readonly "beside-cpu": string;
  readonly seed: number;
  readonly socket: string | undefined;
}

async function toText(report: PlanReport): Promise<string> {
  const [{ renderPlan }, { terminalPaint }, { glyphsFor }] = await Promise.all([
    import("../lib/render/plan.ts"),
    import("../lib/cli/terminal-paint.ts"),
    import("../lib/render/glyphs.ts"),
  ]);
  return renderPlan(report, await terminalPaint(process.stdout, process.env), glyphsFor(process.env));
}
