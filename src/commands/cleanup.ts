import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import { confirm } from "../lib/cli/confirm.ts";
import { terminalPaint } from "../lib/cli/terminal-paint.ts";
import { CombotError } from "../lib/errors.ts";
import type { CleanupLevel, CleanupReply, CleanupRequest } from "../lib/protocol/cleanup.ts";
import { renderCleanup, renderCleanupPlans } from "../lib/render/cleanup.ts";

/** As CLEANUP_LEVELS has them, whose file would load zod. */
const LEVELS = ["soft", "force", "emergency"] as const satisfies readonly CleanupLevel[];

const LOOK_EVERY_MS = 500;

const QUESTIONS: Readonly<Record<Exclude<CleanupLevel, "soft">, string>> = {
  force: "End every worker, one after another, and empty the in-memory cache?",
  emergency: "End every worker at once and empty the in-memory cache?",
};

/** What each level would do. */
interface CleanupPlans {
  readonly plans: readonly CleanupReply[];
}

export default class Cleanup extends ClientCommand {
  static override summary = "Give memory back, and show how much: measured before and after.";
  static override description = `soft costs nobody anything: it halves the in-memory cache and ends all idle workers but one. force empties the cache and ends every worker, one after another, each when it has finished its batch. emergency ends all of them at once. The next text starts a worker again.

Asks before force and emergency. Where no terminal can answer, and under --json, they want --yes. A process is shown with the memory that is its own; files that processes map are shown apart, since they share them and the kernel may drop them. Takes the control socket.`;
  static override examples = [
    { description: "See what each level would do.", command: "<%= config.bin %> <%= command.id %> --dry-run" },
    { description: "Without a question, in a script.", command: "<%= config.bin %> <%= command.id %> --yes" },
    { description: "What costs nobody anything.", command: "<%= config.bin %> <%= command.id %> --level soft" },
    {
      description: "How many bytes came back.",
      command: '<%= config.bin %> <%= command.id %> --yes --json | jq ".freedBytes"',
    },
  ];

  static override flags = {
    level: Flags.option({ description: "How much is given up for it.", options: LEVELS, default: "force" as const })(),
    redis: Flags.boolean({ description: "Remove this model's answers from Redis too." }),
    sessions: Flags.boolean({ description: "With --redis: sessions and products as well." }),
    "dry-run": Flags.boolean({ description: "Do nothing, and tell what each level would do and give back." }),
    yes: Flags.boolean({ char: "y", description: "Don't ask." }),
    timeout: timeoutFlag("none; work in flight is waited for"),
  };

  async run(): Promise<CleanupReply | CleanupPlans | undefined> {
    const { flags } = await this.parse(Cleanup);
    const { level, redis, sessions } = flags;
    const body = { level, ...(redis && { redis }), ...(sessions && { sessions }) };
    const call = (request: CleanupRequest): Promise<CleanupReply> =>
      this.client(flags.socket).call("cleanup", { body: request, timeoutMs: toMs(flags.timeout) });
    if (flags["dry-run"]) return this.#plan(body, call);
    if (!flags.yes && !(await this.#isWanted(level))) return undefined;
    const work = call(body);
    const reply = await this.#wait(work, redis, flags.socket);
    this.print(renderCleanup(reply, await terminalPaint(process.stdout, process.env)));
    return reply;
  }

  /** Redis may have millions of keys: how many are gone is told on the way. */
  async #wait(work: Promise<CleanupReply>, redis: boolean, socket: string | undefined): Promise<CleanupReply> {
    let swept = 0;
    const look = async (): Promise<void> => {
      const { sweptKeys } = await this.client(socket).call("redisStatus", { timeoutMs: LOOK_EVERY_MS });
      swept = sweptKeys ?? swept;
    };
    const timer = redis ? setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS) : undefined;
    const words = (): string => `Cleaning up${swept > 0 ? `, ${swept.toLocaleString("en")} keys removed` : ""}`;
    try {
      return await this.waitFor(words, work);
    } finally {
      clearInterval(timer);
    }
  }

  async #plan(body: CleanupRequest, call: (request: CleanupRequest) => Promise<CleanupReply>): Promise<CleanupPlans> {
    const plans: CleanupReply[] = [];
    for (const level of LEVELS) plans.push(await call({ ...body, level, dryRun: true }));
    this.print(renderCleanupPlans(plans, await terminalPaint(process.stdout, process.env)));
    return { plans };
  }

  async #isWanted(level: CleanupLevel): Promise<boolean> {
    if (level === "soft") return true;
    if (this.jsonEnabled())
      throw new CombotError("USAGE", `--level ${level} asks a question first: pass --yes with --json.`);
    const isWanted = await confirm(QUESTIONS[level], { input: process.stdin, output: process.stderr });
    if (!isWanted) this.tell("Nothing was done.");
    return isWanted;
  }
}
