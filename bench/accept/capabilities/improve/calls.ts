import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { LAUNCHER } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import type { Reply } from "../../../../scripts/support/socket-request.ts";
import type { ClassifyReply } from "../../../../src/lib/protocol/classify.ts";

const MOST_BYTES = 256 * 1024 * 1024;

/** A command of ours, and what it says under --json. @throws where it ends with another status than 0. */
export async function combot<T>(args: readonly string[]): Promise<T> {
  const options = { maxBuffer: MOST_BYTES };
  const { stdout } = await promisify(execFile)(process.execPath, [LAUNCHER, ...args, "--json"], options);
  return JSON.parse(stdout) as T;
}

const DECISIONS = ["accept", "ambiguous", "unsure"] as const;

/** Each once, in their order, by so many clients. @returns how many failed, and how many were accepted, ambiguous, unsure. */
export async function askAll(
  socketPath: string,
  texts: readonly string[],
  clients: number,
): Promise<{ readonly failed: number; readonly decisions: readonly number[] }> {
  const agent = keepAliveAgent(clients);
  const decided = new Map<string, number>();
  let [next, failed] = [0, 0];
  const client = async (): Promise<void> => {
    while (next < texts.length) {
      const decision = await ask(socketPath, texts[next++] ?? "", agent);
      if (decision === undefined) failed += 1;
      else decided.set(decision, (decided.get(decision) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return { failed, decisions: DECISIONS.map((decision) => decided.get(decision) ?? 0) };
}

interface Load {
  readonly sent: number;
  readonly failed: number;
}

interface Asking {
  /** Of the calls that are answered meanwhile. */
  tookMsFor(ms: number): Promise<readonly number[]>;
  end(): Promise<Load>;
}

/** Goes on until it is ended. */
export function askUntil(socketPath: string, texts: readonly string[], clients: number): Asking {
  const agent = keepAliveAgent(clients);
  let tookMs: number[] = [];
  let [sent, failed, isOver] = [0, 0, false];
  const client = async (): Promise<void> => {
    while (!isOver) {
      const from = performance.now();
      const answered = await isAnswered(socketPath, texts[sent++ % texts.length] ?? "", agent);
      if (answered) tookMs.push(performance.now() - from);
      else failed += 1;
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    tookMsFor: async (ms) => {
      tookMs = [];
      await delay(ms);
      return tookMs;
    },
    end: async () => {
      isOver = true;
      await all;
      agent.destroy();
      return { sent, failed };
    },
  };
}

type Agent = ReturnType<typeof keepAliveAgent>;

/** Undefined where it failed. */
async function ask(socketPath: string, text: string, agent: Agent): Promise<string | undefined> {
  const reply = await replyTo(socketPath, text, agent);
  return reply && (JSON.parse(reply.text) as ClassifyReply).results[0]?.decision;
}

async function isAnswered(socketPath: string, text: string, agent: Agent): Promise<boolean> {
  return (await replyTo(socketPath, text, agent)) !== undefined;
}

async function replyTo(socketPath: string, text: string, agent: Agent): Promise<Reply | undefined> {
  try {
    const reply = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body: { text }, agent });
    return reply.status === 200 ? reply : undefined;
  } catch {
    return undefined;
  }
}
