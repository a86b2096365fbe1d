import { resolve } from "node:path";
import * as Flags from "@oclif/core/flags";
import { BaseCommand } from "../lib/cli/base-command.ts";
import { confirm } from "../lib/cli/confirm.ts";
import type { HostsDeployReport } from "../lib/cli/hosts-deploy-command.ts";
import { hostsDeployFlags } from "../lib/cli/hosts-flags.ts";
import { terminalPaint } from "../lib/cli/terminal-paint.ts";
import { PROFILES } from "../lib/config/profiles.ts";
import type { Prepared } from "../lib/deploy/preparation.ts";
import type { DeployFlags } from "../lib/deploy/given.ts";
import { rowsOf } from "../lib/deploy/plan-rows.ts";
import type { PreflightFault } from "../lib/deploy/preflight-fault.ts";
import { refuse, refuseOthers } from "../lib/deploy/refusal.ts";
import type { Step } from "../lib/deploy/steps.ts";
import { CombotError, messageOf } from "../lib/errors.ts";
import { renderPlan, type PlanRow } from "../lib/render/deploy-plan.ts";

/** Each load of it has a limit of its own; how many there are, and how long answers take, is the model's affair. */
const MODEL_CHECK_MS = 3_600_000;
const EXIT_FAULTY = 4;

interface DeployReport {
  readonly done: boolean;
  readonly release?: string;
  readonly changes: readonly PlanRow[];
  /** In the order in which they are done. */
  readonly steps: readonly string[];
  readonly faults: readonly PreflightFault[];
  /** What this user may not read, and the plan so does not know. */
  readonly unreadable?: readonly string[];
  readonly diff?: readonly string[];
}

export default class Deploy extends BaseCommand {
  static override summary = "Make this machine run combot: program, units, Redis, settings.";
  static override description = `Shows the plan, asks, applies it, waits until the daemon is healthy and classifies a text. If a step fails, everything is put back as it was. A second run with nothing to do changes nothing. What is not given stays as it was deployed.

With --hosts it does so on several machines over ssh: plans for all first, then batch after batch, and stops at the first failure; docs: combot docs hosts.

--rollback goes back to what was there before the last deploy. --remove takes everything away but data; with --purge data and users too.`;
  static override examples = [
    {
      description: "What it would do; needs no root.",
      command: "<%= config.bin %> <%= command.id %> --dry-run --diff",
    },
    { description: "On a machine of any size.", command: "sudo <%= config.bin %> <%= command.id %> --profile auto" },
    { description: "Go back.", command: "sudo <%= config.bin %> <%= command.id %> --rollback" },
    {
      description: "Ten machines, one after the other.",
      command: "<%= config.bin %> <%= command.id %> --hosts ./hosts --wait 30s",
    },
    {
      description: "The files alone, in a folder.",
      command: "<%= config.bin %> <%= command.id %> --root ./image --yes",
    },
  ];

  static override flags = {
    profile: Flags.option({ description: "Size of the machine. Default: t3.large.", options: PROFILES })(),
    root: Flags.string({ description: "Write below this folder in place of /.", default: "/", helpValue: "DIR" }),
    "dry-run": Flags.boolean({ description: "Show the plan and change nothing; needs no root." }),
    diff: Flags.boolean({ description: "Show what changes in each file; secrets are hidden." }),
    yes: Flags.boolean({ char: "y", description: "Don't ask." }),
    start: Flags.boolean({ description: "Start and restart what changed.", default: true, allowNo: true }),
    redis: Flags.option({
      description: "A Redis of combot's own, or none. Default: managed.",
      options: ["managed", "off"] as const,
    })(),
    "redis-url-file": Flags.string({
      description: "File with the URL of another Redis; - for standard input.",
      helpValue: "FILE",
    }),
    "redis-port": Flags.integer({
      description: "Its port on loopback; 0 = its socket only. Default: 6379.",
      min: 0,
      max: 65_535,
    }),
    "disable-packaged-redis": Flags.boolean({
      description: "Disable the Redis that installing its package started, if it holds the port.",
    }),
    "database-file": Flags.string({
      description: "File with the journal's DATABASE_URL; - for standard input.",
      helpValue: "FILE",
    }),
    model: Flags.string({
      description: "The model's folder, or its file there. Default: the bundled model.",
      helpValue: "DIR",
    }),
    rollback: Flags.boolean({ description: "Go back to the generation before.", exclusive: ["remove"] }),
    remove: Flags.boolean({ description: "Take everything away but data." }),
    purge: Flags.boolean({ description: "With --remove: data and users too.", dependsOn: ["remove"] }),
    ...hostsDeployFlags,
  };

  async run(): Promise<DeployReport | HostsDeployReport> {
    const { flags } = await this.parse(Deploy);
    if (flags.hosts !== undefined) {
      const { deployHosts } = await import("../lib/cli/hosts-deploy-command.ts");
      return deployHosts(flags, {
        print: (text) => this.print(text),
        tell: (text) => this.tell(text),
        isWanted: (question) => this.#isWanted(question),
        leaveSignals: () => this.leaveSignals(),
      });
    }
    // Whatever root's is: what is made here is for the services' users too. What is secret has a mode of its own.
    process.umask(0o022);
    const { withDeployLock } = await import("../lib/deploy/lock.ts");
    if (flags.remove) return withDeployLock(() => this.#remove(flags));
    if (flags.rollback) return withDeployLock(() => this.#rollback(flags));
    const task = (): Promise<DeployReport> => this.#deploy(flags);
    return flags["dry-run"] || flags.root !== "/" ? task() : withDeployLock(task);
  }

  async #deploy(flags: DeployFlags): Promise<DeployReport> {
    const [{ wishesOf, secretsOf }, { prepareDeploy }, { stepsFor }, { stepInWords }] = await Promise.all([
      import("../lib/deploy/given.ts"),
      import("../lib/deploy/preparation.ts"),
      import("../lib/deploy/apply.ts"),
      import("../lib/deploy/steps.ts"),
    ]);
    const prepared = await prepareDeploy({
      rootFolder: resolve(flags.root),
      wishes: wishesOf(flags),
      secrets: secretsOf(flags),
      start: flags.start,
      disablePackagedRedis: flags["disable-packaged-redis"],
      user: process.env["SUDO_USER"] ?? process.env["USER"] ?? `uid ${process.getuid?.()}`,
    });
    const faults = await this.#preflight(prepared, flags);
    const steps = stepsFor(prepared).map(stepInWords);
    const changes = rowsOf(prepared.plan);
    const diff = flags.diff ? await diffsOf(prepared) : undefined;
    const { unreadable } = prepared.facts;
    const report = {
      release: prepared.plan.release.name,
      changes,
      steps,
      faults,
      ...(unreadable.length > 0 && { unreadable }),
      ...(diff && { diff }),
    };
    await this.#show(prepared, report);
    if (flags["dry-run"]) {
      if (faults.length > 0) process.exitCode = EXIT_FAULTY;
      return { done: false, ...report };
    }
    refuse(faults);
    if (steps.length === 0) return this.#tellNothing(report);
    if (!flags.yes && !(await this.#isWanted("Do this?"))) return { done: false, ...report };
    await this.#apply(prepared, steps.length);
    return { done: true, ...report };
  }

  async #apply(prepared: Prepared, count: number): Promise<void> {
    const [{ applyPlan }, { stepInWords }, { LiveLine }] = await Promise.all([
      import("../lib/deploy/apply.ts"),
      import("../lib/deploy/steps.ts"),
      import("../lib/cli/live-line.ts"),
    ]);
    const line = new LiveLine(process.stderr, () => performance.now());
    const onStep = (step: Step, index: number): void => {
      line.end();
      this.tell(`[${index + 1}/${count}] ${stepInWords(step)}`);
    };
    const onWait = (found: string): void => (this.jsonEnabled() ? undefined : line.show(`  ${found}`));
    await applyPlan(prepared, { onStep, onWait }).finally(() => line.end());
    this.print(prepared.root.isMachine ? "combot is deployed." : `combot is written to ${prepared.root.folder}.`);
  }

  async #preflight(prepared: Prepared, flags: DeployFlags): Promise<readonly PreflightFault[]> {
    if (!prepared.root.isMachine) return [];
    const { findPreflightFaults } = await import("../lib/deploy/preflight.ts");
    const { facts, wishes, program, secrets, disable, missingCredentials, plan, assumed, weightsBytes } = prepared;
    const isNew = plan.steps.length > 0 || facts.unreadable.length > 0;
    return findPreflightFaults(facts, wishes, {
      release: program,
      needsRoot: !flags["dry-run"],
      modelFault: isNew && wishes.modelDir !== null ? await this.#modelFault(wishes.modelDir) : null,
      nodeFault: isNew ? program.nodeFault : null,
      hasOtherRedis: secrets["redis-url"] !== undefined,
      disable,
      // The folder is root's: others can't tell.
      missingCredentials: facts.isRoot ? missingCredentials : [],
      weightsBytes,
      assumed,
    });
  }

  async #modelFault(dir: string): Promise<string | null> {
    const { runModelCheck } = await import("../lib/cli/model-check.ts");
    let stage = "Checking the model";
    const onStage = (next: string): void => void (stage = `Checking the model: ${next}`);
    const check = runModelCheck({ dir, texts: [], timeoutMs: MODEL_CHECK_MS, onStage });
    return this.waitFor(
      () => stage,
      check.then(() => null, messageOf),
    );
  }

  async #show(prepared: Prepared, { changes, faults, diff }: Omit<DeployReport, "done">): Promise<void> {
    if (this.jsonEnabled()) return;
    const paint = await terminalPaint(process.stdout, process.env);
    const { facts, plan } = prepared;
    const { machineLine } = await import("../lib/deploy/machine-line.ts");
    const machine = await machineLine(facts);
    this.tell(prepared.assumed.includes("profile") ? machine : `${machine}\n${plan.arithmetic}`);
    for (const path of prepared.taken) this.tell(`${path} is not deploy's own, and stays as it is.`);
    if (facts.pending) this.tell("A deploy was interrupted; this one completes it.");
    this.print(renderPlan(changes, paint));
    if (diff) this.print(diff.join("\n"));
    const { unreadableInWords } = await import("../lib/deploy/unreadable.ts");
    if (facts.unreadable.length > 0) this.tell(unreadableInWords(facts));
    for (const { check, found, mend } of faults) this.tell(`${paint.bad(check)}: ${found}\n  ${mend}`);
  }

  #tellNothing(report: Omit<DeployReport, "done">): DeployReport {
    this.tell("Nothing to do: everything is as it should be.");
    return { done: true, ...report };
  }

  async #rollback(flags: DeployFlags): Promise<DeployReport> {
    const { planRollback } = await import("../lib/deploy/rollback.ts");
    const { name, changes, apply } = await planRollback();
    this.print(renderPlan(changes, await terminalPaint(process.stdout, process.env)));
    const report = { changes, steps: [], faults: [] };
    if (flags["dry-run"] || (!flags.yes && !(await this.#isWanted(`Go back to generation ${name}?`))))
      return { done: false, ...report };
    const { LiveLine } = await import("../lib/cli/live-line.ts");
    const line = new LiveLine(process.stderr, () => performance.now());
    const onWait = (found: string): void => (this.jsonEnabled() ? undefined : line.show(`  ${found}`));
    this.print(await apply(onWait).finally(() => line.end()));
    return { done: true, ...report };
  }

  async #remove(flags: DeployFlags): Promise<DeployReport> {
    const { planRemoval, applyRemoval } = await import("../lib/deploy/removal.ts");
    const removal = planRemoval(flags.purge);
    const { units, files, folders, users } = removal;
    const changes = [
      ...units.map((what) => ({ act: "stop", what })),
      ...[...files, ...folders].map((what) => ({ act: "remove", what })),
      ...users.map((user) => ({ act: "remove", what: `user ${user}` })),
    ];
    this.print(renderPlan(changes, await terminalPaint(process.stdout, process.env)));
    const report = { changes, steps: [], faults: [] };
    if (process.geteuid?.() !== 0)
      this.tell("This user may not see all that is there: sudo combot deploy --remove --dry-run has the whole list.");
    const question = flags.purge ? "Remove all of this, data too?" : "Remove all of this? Data stays.";
    if (flags["dry-run"] || (!flags.yes && !(await this.#isWanted(question)))) return { done: false, ...report };
    refuseOthers("--remove");
    await applyRemoval(removal);
    this.print("combot is removed.");
    return { done: true, ...report };
  }

  async #isWanted(question: string): Promise<boolean> {
    if (this.jsonEnabled()) throw new CombotError("USAGE", "deploy asks a question first: pass --yes with --json.");
    const isWanted = await confirm(question, { input: process.stdin, output: process.stderr });
    if (!isWanted) this.tell("Nothing was done.");
    return isWanted;
  }
}

async function diffsOf({ plan }: Prepared): Promise<readonly string[]> {
  const { diffOf } = await import("../lib/deploy/diff.ts");
  return plan.files.map(diffOf).filter((text) => text !== "");
}
