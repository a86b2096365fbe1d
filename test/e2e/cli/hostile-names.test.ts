import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Config } from "@oclif/core/config";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import { HOSTILE, TAMED, documentsIn, obeyedIn, stringsIn } from "../../support/hostile-names.ts";
import { writeRows, writeSettings, writeTexts } from "../../support/hostile-names.ts";
import { HAS_TERMINALS, requireBuild, runCli, startCli, startCliOnTerminal, untilShown } from "./cli-process.ts";

const ROOT = join(import.meta.dirname, "../../..");
const LABELS = [`${HOSTILE} first`, `${HOSTILE} second`];

interface Case {
  readonly args: readonly string[];
  /** Whether the name must be seen, made harmless. */
  readonly shows?: boolean;
  /** Whether the JSON has no such name. */
  readonly isNamelessInJson?: boolean;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What has to be done before it is called again, with --json. */
  readonly between?: () => Promise<unknown>;
  /** Runs for ever: until it has written this much. */
  readonly lines?: number;
}

interface Around {
  readonly folder: string;
  readonly model: string;
  readonly other: string;
  readonly socket: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Of those in the name, what neither the monitor nor a pretty log has of its own. */
const ORDERS = ["\u001B]0;", "\u0007", "\u009B", "\u202E", "\u2066", "\u007F"];
/** A stretch in one colour of ours, on one line. */
const PAINTED = new RegExp(String.raw`\u001B\[(?:1|2|3\d)m([^\u001B\n]*)\u001B\[(?:22|39)m`, "g");

const GONE = `/nowhere/${HOSTILE}`;

/** A way or two of calling each command; one that comes anew must have its own here. */
const CASES: Readonly<Record<string, (around: Around) => readonly Case[]>> = {
  autocomplete: () => [{ args: [] }, { args: ["bash"] }],
  // Two of the same second are refused.
  backup: () => [{ args: [], shows: true, between: () => delay(1100) }, { args: ["--list"] }],
  classify: () => [
    { args: ["hello"], shows: true },
    { args: ["hello", "--top-k", "2"], shows: true },
    { args: ["-"], input: "hello\n \n", shows: true },
    { args: ["hello", "--labels", HOSTILE] },
    { args: ["hello", "--min-margin", "1"], shows: true },
    { args: [HOSTILE, "--min-margin", "1"], shows: true },
    { args: ["hello", "--threshold", HOSTILE], shows: true },
  ],
  cleanup: () => [{ args: ["--yes"] }, { args: ["--dry-run"] }],
  config: ({ folder }) => [
    { args: [], shows: true },
    { args: ["--check", writeSettings(folder)], shows: true },
    { args: ["--env-file", writeSettings(folder)], shows: true },
  ],
  daemon: ({ folder, environment }) => [
    { args: ["--model", GONE, "--state-dir", join(folder, "other")], env: environment, shows: true },
    { args: ["--env-file", writeSettings(folder)], env: environment, shows: true },
  ],
  decisions: () => [{ args: [] }, { args: ["--follow"], lines: 1 }, { args: ["--since", HOSTILE], shows: true }],
  deploy: ({ folder }) => [
    { args: ["--model", GONE], shows: true },
    { args: ["--hosts", GONE], shows: true },
    { args: ["--root", join(folder, HOSTILE), "--yes", "--redis", "off"], shows: true, isNamelessInJson: true },
  ],
  doctor: () => [{ args: [], shows: true }],
  docs: () => [
    { args: [HOSTILE], shows: true },
    { args: ["alerts#" + HOSTILE], shows: true },
  ],
  help: () => [{ args: [HOSTILE], shows: true }],
  history: () => [{ args: [] }, { args: ["--step", HOSTILE], shows: true }, { args: ["--model", HOSTILE] }],
  inbox: ({ folder }) => [
    { args: [], shows: true },
    { args: ["--since", HOSTILE], shows: true },
    { args: ["--export", join(folder, HOSTILE, "none", "x.csv")], shows: true },
  ],
  "inbox:forget": () => [{ args: [HOSTILE] }, { args: ["--all", "--yes"] }],
  "inbox:label": () => [{ args: [] }, { args: [GONE], shows: true }],
  logs: () => [{ args: [`--lines=${HOSTILE}`], shows: true }],
  "model:check": ({ model }) => [
    { args: [model, "hello"], shows: true },
    { args: [GONE], shows: true },
    { args: [model, "--file", HOSTILE], shows: true },
  ],
  "model:eval": ({ model, folder }) => [
    { args: [writeRows(folder, LABELS), "--model", model, "--report", join(folder, "eval.html")], shows: true },
    { args: [GONE], shows: true },
  ],
  "model:list": () => [{ args: [] }],
  "model:load": () => [{ args: [] }],
  "model:pin": () => [{ args: [HOSTILE] }],
  "model:rescan": () => [{ args: [] }],
  "model:shadow": ({ other, socket }) => [
    { args: [other], shows: true, between: () => runCli(["model", "shadow", "--stop", "--socket", socket]) },
    ...[[], ["--stop"], [GONE]].map((args) => ({ args, shows: true })),
  ],
  "model:train": ({ folder }) => [
    {
      args: [writeRows(folder, LABELS), "--out", join(folder, "trained", HOSTILE), "--epochs", "1"],
      isNamelessInJson: true,
    },
    { args: [GONE, "--out", GONE], shows: true },
  ],
  "model:unload": () => [{ args: [] }],
  "model:unpin": () => [{ args: [HOSTILE] }],
  "model:use": ({ model, other }) => [
    { args: [other], shows: true },
    { args: [model], shows: true },
    { args: [GONE], shows: true },
  ],
  monitor: () => [
    { args: ["--once"], shows: true },
    { args: [], lines: 3 },
  ],
  "perf-test": ({ folder }) => [
    { args: ["-d", "1s", "--warm-up", "0s", "--texts", writeTexts(folder), ...pagesIn(folder)], shows: true },
    { args: ["--texts", GONE], shows: true },
  ],
  plan: ({ model, folder }) => [
    {
      args: ["--users", "20", "--hours", "1", "--model", model, "--texts", writeTexts(folder), ...planPage(folder)],
      shows: true,
    },
    { args: ["--users", "1", "--model", GONE], shows: true },
    { args: ["--users", "1", "--what-if", HOSTILE], shows: true },
  ],
  recycle: () => [{ args: [] }],
  // Its JSON names the parts and their sizes alone.
  report: () => [{ args: ["--show"], shows: true, isNamelessInJson: true }],
  restore: () => [{ args: [HOSTILE, "--dry-run"] }],
  status: () => [{ args: [], shows: true }],
  "token:new": () => [{ args: ["shop"] }, { args: [HOSTILE] }],
  version: () => [{ args: [] }],
  warm: ({ folder }) => [{ args: ["--file", writeTexts(folder)] }, { args: ["--file", GONE], shows: true }],
};

const WITHOUT_DAEMON = ["autocomplete", "deploy", "docs", "help", "logs"];

function planPage(folder: string): string[] {
  return ["--report", join(folder, "plan.html")];
}

function pagesIn(folder: string): string[] {
  return ["--report", join(folder, "report.html"), "--save", join(folder, "saved.json")];
}

const config = await Config.load(ROOT);

describe("names that a terminal would obey", () => {
  let folder: string;
  let daemon: PrivateDaemon;
  let around: Around;

  beforeAll(async () => {
    requireBuild();
    folder = mkdtempSync(join(tmpdir(), "ch-"));
    const model = writeForeignModel(join(folder, HOSTILE), { labels: LABELS });
    const other = writeForeignModel(join(folder, `${HOSTILE} other`), { labels: LABELS.toReversed() });
    mkdirSync(join(folder, "state"));
    const environment = {
      COMBOT_STATE_DIR: join(folder, "state", HOSTILE),
      REDIS_URL: "off",
      WORKERS: "1",
      JOURNAL_TEXT: "on",
    };
    daemon = await PrivateDaemon.start({ env: { ...environment, COMBOT_MODEL_DIR: model } });
    around = { folder, model, other, socket: daemon.socketPath, environment };
  }, 60_000);

  afterAll(async () => {
    await daemon?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("every command has a case here", () => {
    expect(Object.keys(CASES).toSorted()).toEqual(config.commandIDs.toSorted());
  });

  describe.each(config.commandIDs)("%s", (id) => {
    const words = id.split(":");
    const hasJson = config.findCommand(id)?.enableJsonFlag ?? false;

    test("of a daemon at work, or of what the command was given", async () => {
      const own = WITHOUT_DAEMON.includes(id) ? [] : ["--socket", around.socket];
      for (const one of CASES[id]?.(around) ?? []) {
        await expectTamed(one, [...words, ...one.args, ...own]);
        await one.between?.();
        if (hasJson) await expectJson(one, [...words, ...one.args, ...own, "--json", ...consent(id)]);
      }
    }, 400_000);

    test("in what is said of wrong usage", async () => {
      const { stdout, stderr } = await runCli([...words, `--${HOSTILE}`, HOSTILE, HOSTILE]);
      expect(obeyedIn(stdout + stderr)).toEqual([]);
      expect(stdout + stderr).toMatch(/h0st/);
    });
  });

  test.each([["status"], ["backup"], ["doctor"], ["model", "load"], ["monitor", "--once"]])(
    "in what is said of a socket that nobody listens on: %s %s",
    async (...words) => {
      const args = words.filter((word) => typeof word === "string");
      const { stdout, stderr } = await runCli([...args, "--socket", join(folder, HOSTILE, "combot.sock")]);
      expect(obeyedIn(stdout + stderr)).toEqual([]);
      expect(stdout + stderr).toMatch(/h0st/);
    },
  );

  test("in what is said of no command at all", async () => {
    const { stderr } = await runCli([HOSTILE]);
    expect(obeyedIn(stderr)).toEqual([]);
    expect(stderr).toMatch(TAMED);
  });

  test("in the log as a program reads it", () => {
    expect(daemon.log).toMatch(String.raw`h0st\u001b]0;owned\u0007`);
    expect(obeyedIn(daemon.log)).toEqual([]);
  });

  test("with colours, of which those of a name are none", async () => {
    const env = { FORCE_COLOR: "1" };
    for (const args of [["status"], ["doctor"], ["model", "check", around.model]]) {
      const own = args.length === 1 ? ["--socket", around.socket] : [];
      const { stdout } = await runCli([...args, ...own], { env });
      // Every colour of ours is taken back; a name's would not be.
      const unpainted = stdout.replaceAll(PAINTED, "$1");
      expect(obeyedIn(unpainted)).toEqual([]);
      expect(unpainted).not.toBe(stdout);
      expect(unpainted).toMatch(/h0st/);
    }
  });

  describe.skipIf(!HAS_TERMINALS)("on a terminal", () => {
    test("in the live monitor", async () => {
      const shown = await untilShown(startCliOnTerminal(["monitor", "--socket", around.socket]), /h0st/);
      expect(ORDERS.filter((order) => shown.includes(order))).toEqual([]);
    });

    test("in the log that people read", async () => {
      const command = ["daemon", "--model", around.model, "--state-dir", join(folder, "pretty")];
      const child = startCliOnTerminal([...command, "--socket", join(folder, "pretty.sock")]);
      const shown = await untilShown(child, /h0st/);
      expect(ORDERS.filter((order) => shown.includes(order))).toEqual([]);
    });
  });

  test("in the page and the report of a load test", () => {
    for (const name of ["report.html", "saved.json"]) {
      const text = readFileSync(join(folder, name), "utf8");
      expect(text).toMatch(/h0st/);
      // The plotting library's own program has a mark of the order of bytes and the like, and no control character.
      expect(obeyedIn(text)).toEqual([]);
    }
  });
});

/** What asks a question asks none under --json. */
function consent(id: string): string[] {
  return id === "deploy" ? ["--dry-run"] : [];
}

async function outputOf(
  args: readonly string[],
  { input, env, lines }: Case,
): Promise<{ stdout: string; all: string }> {
  if (lines === undefined) {
    const { stdout, stderr } = await runCli(args, { ...(input !== undefined && { input }), ...(env && { env }) });
    return { stdout, all: stdout + stderr };
  }
  const stdout = await untilShown(
    startCli(args, { stdio: ["ignore", "pipe", "pipe"] }),
    new RegExp(`(.*\n){${lines}}`),
  );
  return { stdout, all: stdout };
}

async function expectTamed(one: Case, args: readonly string[]): Promise<void> {
  const { all } = await outputOf(args, one);
  expect({ args, obeyed: obeyedIn(all) }).toEqual({ args, obeyed: [] });
  if (one.shows) expect(all).toMatch(/h0st/);
}

async function expectJson(one: Case, args: readonly string[]): Promise<void> {
  const { stdout, all } = await outputOf(args, one);
  expect({ args, obeyed: obeyedIn(all) }).toEqual({ args, obeyed: [] });
  if (args[0] === "logs" || (args[0] === "daemon" && stdout === "")) return;
  const documents = documentsIn(stdout);
  if (one.shows && !one.isNamelessInJson) expect(stringsIn(documents).join("\n")).toContain(HOSTILE.slice(0, 8));
}
