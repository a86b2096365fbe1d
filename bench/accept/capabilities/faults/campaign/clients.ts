import { setTimeout as delay } from "node:timers/promises";
import { callSocket, keepAliveAgent } from "../../../../../scripts/support/socket-request.ts";
import type { ClassifyReply } from "../../../../../src/lib/protocol/classify.ts";
import type { Random } from "../../../../fuzz/random.ts";
import type { Stage } from "./troubles.ts";

const CLIENTS = 50;
/** Most of what the processors have is left to workers that start again. */
const PAUSE_MS = 150;
const LIMIT_MS = 60_000;

/** Each asks again and again, and holds every answer against the one that it must be. */
export async function clients(stage: Stage, random: Random): Promise<void> {
  const agent = keepAliveAgent(CLIENTS);
  const client = async (): Promise<void> => {
    while (!stage.isOver) {
      await ask(stage, random.pick(stage.answers.texts), random.chance(0.5), agent);
      await delay(random.int(2 * PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
}

async function ask(
  { site, answers, tally, wrong }: Stage,
  text: string,
  noCache: boolean,
  agent: ReturnType<typeof keepAliveAgent>,
): Promise<void> {
  tally.add("calls");
  const call = { method: "POST", path: "/api/classify/", body: { text, noCache }, agent };
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const reply = await callSocket({ socketPath: site.socketPath, ...call, signal });
    if (reply.status !== 200) return tally.add(`refused: ${codeOf(reply.text) ?? reply.status}`);
    const parsed = JSON.parse(reply.text) as ClassifyReply;
    tally.add(`answered: ${parsed.results[0]?.cached || "computed"}`);
    const fault = answers.wrongOf(text, parsed);
    if (fault !== undefined) {
      tally.add("wrong answers");
      wrong.push(`a wrong answer: ${fault}`);
    }
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    tally.add(`unanswered: ${code ?? name}`);
  }
}

function codeOf(text: string): string | undefined {
  return /"code":"(\w+)"/u.exec(text)?.[1];
}
