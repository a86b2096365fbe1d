import { createRequire } from "node:module";
import type { Client } from "../client.ts";
import { describeSettings } from "../config/describe.ts";
import { loadSettings } from "../config/load.ts";
import { findMachine } from "../config/machine.ts";
import { examine } from "../doctor/examination.ts";
import { Probe } from "../doctor/probe.ts";
import { messageOf } from "../errors.ts";
import { jsonText } from "../harmless.ts";
import { gatherMachineFacts } from "../machine-facts/gather.ts";
import type { CallName } from "../protocol/endpoints.ts";
import { VERSION } from "../version.ts";
import { readLogLines } from "./log-lines.ts";
import { createRedactor } from "./redactor.ts";
import { findKnown } from "./secrets.ts";

/** A file of the archive. */
export interface Part {
  readonly name: string;
  readonly what: string;
  readonly text: string;
}

export interface ReportSurroundings {
  readonly client: Client;
  readonly sockets: { readonly path: string; readonly controlPath: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In place of the service's journal. */
  readonly logFile?: string | undefined;
  readonly now: Date;
}

const ASK = { timeoutMs: 10_000, absenceMs: 0 } as const;
const PACKAGES = ["onnxruntime-node", "tokenizers", "ioredis", "fastify", "@oclif/core"];
const DAY_MS = 86_400_000;

const README = `What combot knows of itself and this machine, for an issue.

In it: versions, settings with secrets hidden, the machine, what the daemon and doctor say, decisions, a day of figures, the
last lines of the log. Not in it: texts that were classified, their users, labels, passwords, tokens, the name of the machine.
Every file is plain text: look it through before you attach it.
`;

/** Everything that goes into the archive, redacted; a part that can't be had says why. */
export async function gatherParts(around: ReportSurroundings): Promise<Part[]> {
  const { client } = around;
  const asked = (name: CallName, query?: Record<string, string>): Promise<unknown> =>
    client.call(name, { ...ASK, ...(query && { query }) } as never);
  const since = new Date(around.now.getTime() - DAY_MS).toISOString();
  const work: readonly (readonly [string, string, Promise<unknown>])[] = [
    ["versions.json", "combot, its daemon, Node, packages", versions(client)],
    ["machine.json", "the machine", gatherMachineFacts()],
    ["settings.json", "settings in force, secrets hidden", settings(around)],
    ["doctor.json", "what doctor finds", examine(new Probe(client, around.sockets))],
    ["health.json", "what the daemon says of itself", asked("health")],
    ["alerts.json", "what fires, and what has resolved", asked("alerts")],
    ["processes.json", "daemon and workers", asked("processStatus")],
    ["memory.json", "memory", asked("memory")],
    ["metrics.json", "counters and latencies", asked("metrics")],
    ["cache.json", "the cache", asked("cacheStats")],
    ["redis.json", "Redis, seen from the daemon", asked("redisStatus")],
    ["history.json", "figures of the last day", asked("metricsHistory", { since })],
    ["decisions.json", "what was done, and why", asked("decisions", { limit: "200" })],
    ["log.txt", "last lines of the log", readLogLines(around.logFile).then((lines) => lines.join("\n"))],
  ];
  // All at once, and each failure caught from the start: an empty part is no reason to have none.
  const texts = Promise.all(work.map(([, , value]) => textOf(value)));
  const redact = createRedactor(findKnown(around.env, await daemonPid(client)));
  const told = (await texts).map((text, index): Part => {
    const [name = "", what = ""] = work[index] ?? [];
    return { name, what, text: redact(text) };
  });
  return [{ name: "README.txt", what: "what this is", text: README }, ...told];
}

async function textOf(work: Promise<unknown>): Promise<string> {
  try {
    const value = await work;
    return typeof value === "string" ? `${value}\n` : `${jsonText(value, 2)}\n`;
  } catch (thrown) {
    return `not known: ${messageOf(thrown)}\n`;
  }
}

async function versions(client: Client): Promise<Record<string, string | null>> {
  const daemon = await client.call("health", ASK).then(
    ({ version }) => version,
    () => null,
  );
  const require = createRequire(import.meta.url);
  const packages = PACKAGES.map((name) => [name, versionOf(require, name)]);
  return { combot: VERSION, daemon, node: process.versions.node, ...Object.fromEntries(packages) };
}

/** Null for one that doesn't let its package.json be read. */
function versionOf(require: NodeJS.Require, name: string): string | null {
  try {
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    return null;
  }
}

/** The daemon's; without one, those that a daemon started here would have. */
async function settings({ client, env }: ReportSurroundings): Promise<unknown> {
  try {
    const { settings } = await client.call("config", ASK);
    return { from: "daemon", settings: settings.map(withoutDoc) };
  } catch {
    const loaded = loadSettings({ flags: {}, env, envFile: undefined, machine: findMachine() });
    return { from: "here", settings: describeSettings(loaded).map(withoutDoc) };
  }
}

function withoutDoc<T extends { readonly doc: string }>({ doc: _doc, ...row }: T): Omit<T, "doc"> {
  return row;
}

async function daemonPid(client: Client): Promise<number | null> {
  return client.call("processStatus", ASK).then(
    ({ daemon }) => daemon.pid,
    () => null,
  );
}
