import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../../../fuzz/random.ts";
import type { Stage } from "./troubles.ts";

/** What can be done to a daemon, and during which it may be killed. */
export const OPERATIONS = ["model use", "recycle", "cleanup", "unload", "backup", "restore"] as const;
export type Operation = (typeof OPERATIONS)[number];

const LIMIT_MS = 60_000;
const PAUSE_MS = 2000;

/** How many decisions were known when a backup was begun, by its name. */
const marks = new WeakMap<Stage, Map<string, number>>();

/** One after another, so that workers are killed while they drain, start and take turns. */
export async function operations(stage: Stage, random: Random): Promise<void> {
  while (!stage.isOver) {
    await delay(random.int(2 * PAUSE_MS));
    if (!stage.isOver) await operate(random.pick(OPERATIONS), stage, random);
  }
}

/** Does it and counts what came of it: while so much is done to a daemon, a refusal is an answer. */
export async function operate(operation: Operation, stage: Stage, random: Random): Promise<void> {
  stage.doing = operation;
  try {
    stage.tally.add(`${operation}: ${await act(operation, stage, random)}`);
  } catch {
    stage.tally.add(`${operation}: cut off`);
  } finally {
    if (stage.doing === operation) stage.doing = "nothing";
  }
}

function act(operation: Operation, stage: Stage, random: Random): Promise<string> {
  if (operation === "backup") return backup(stage);
  if (operation === "restore") return restore(stage);
  const level = random.pick(["soft", "force", "emergency"]);
  const dir = random.pick(stage.answers.models);
  const calls: Record<typeof operation, readonly [method: string, path: string, body: unknown]> = {
    "model use": ["PUT", "/api/model/", { dir, inTurn: random.chance(0.3) }],
    recycle: ["POST", "/api/process/recycle/?wait=true", {}],
    cleanup: ["POST", "/api/cleanup/", { level }],
    unload: ["POST", "/api/model/unload/?wait=true", undefined],
  };
  return call(stage, ...calls[operation]);
}

async function call({ site }: Stage, method: string, path: string, body?: unknown): Promise<string> {
  const { status, text } = await site.ask(method, path, body, LIMIT_MS);
  if (status < 300) return /^event: failed$/mu.test(text) ? `failed ${codeOf(text)}` : "done";
  return codeOf(text) ?? String(status);
}

async function backup(stage: Stage): Promise<string> {
  const before = new Set(await namesOf(stage));
  const { mark } = stage.ledger;
  const outcome = await call(stage, "POST", "/api/backup/", {});
  const known = marks.get(stage) ?? new Map<string, number>();
  marks.set(stage, known);
  for (const name of await namesOf(stage)) if (!before.has(name)) known.set(name, mark);
  return outcome;
}

async function restore(stage: Stage): Promise<string> {
  const known = marks.get(stage) ?? new Map<string, number>();
  const name = (await namesOf(stage)).findLast((one) => known.has(one));
  if (name === undefined) return "no backup yet";
  stage.ledger.restoring();
  try {
    return await call(stage, "POST", "/api/restore/", { name });
  } finally {
    await stage.ledger.restored(known.get(name) ?? 0);
  }
}

async function namesOf({ site }: Stage): Promise<string[]> {
  const { backups } = await site.json<{ backups: { name: string }[] }>("GET", "/api/backup/");
  return backups.map(({ name }) => name);
}

function codeOf(text: string): string | undefined {
  return /"code":"(\w+)"/u.exec(text)?.[1];
}
