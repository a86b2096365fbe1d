import { DEMO_TEXTS } from "../demo/texts.ts";
import { callSocket, keepAliveAgent } from "../support/socket-request.ts";

const CALLS_A_SECOND = 30;
/** Of the calls; the others are texts that nobody asked before. */
const REPEATED = 0.7;
const USERS = 90;
/** A new user comes after so many calls: else all of them come at once, and workers are replaced all the time. */
const CALLS_A_USER = 25;

/** Customers of a shop, in waves: a line that is flat says little of what it can show. @returns ends it. */
export function keepAsking(socketPath: string): () => void {
  const agent = keepAliveAgent(2);
  let call = 0;
  const ask = (): void => {
    call += 1;
    const isRepeated = Math.random() < REPEATED;
    const text = `${DEMO_TEXTS[call % DEMO_TEXTS.length]}${isRepeated ? "" : ` (${call})`}`;
    const body = { text, user: `user ${Math.floor(call / CALLS_A_USER) % USERS}` };
    void callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent }).catch(() => undefined);
    const wave = 1 + Math.sin(call / 150) * 0.6;
    timer = setTimeout(ask, 1000 / CALLS_A_SECOND / wave);
  };
  let timer = setTimeout(ask, 0);
  return () => {
    clearTimeout(timer);
    agent.destroy();
  };
}
